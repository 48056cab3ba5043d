"""What a query means and how well an item answers it."""

import pytest

from svc_catalog.search.domain import Candidate, Concept, normalise, possible_synonyms, scores, understand
from svc_catalog.search.segment import cut, pinyin

SYNONYMS = {"身份证": ["居民身份证"], "丢了": ["补领", "挂失"], "开饭店": ["食品经营许可"], "饭店": ["餐饮"]}


def candidate(name: str, keywords: str = "", *, frequent: bool = False) -> Candidate:
    return Candidate(name, normalise(name), keywords, pinyin(normalise(name)), frequent)


def ranked(query: str, *names: str) -> list[str]:
    asked = understand(query, SYNONYMS, cut)
    found = scores(asked, [candidate(name) for name in names], 400, pinyin)
    return sorted(found, key=lambda code: -found[code])


def test_the_longest_expression_wins_and_fillers_are_left_out() -> None:
    asked = understand("我想开饭店，怎么办？", SYNONYMS, cut)
    assert asked.concepts == (Concept("开饭店", ("开饭店", "食品经营许可")),)
    lost = understand("身份证丢了", SYNONYMS, cut)
    assert [concept.said for concept in lost.concepts] == ["身份证", "丢了"]


def test_a_query_of_fillers_alone_is_taken_as_it_is() -> None:
    assert understand("怎么办", {}, cut).concepts == (Concept("怎么办", ("怎么办",)),)


def test_a_long_query_is_cut_off() -> None:
    assert len(understand("证" * 500, {}, cut).plain) == 60
    assert len(possible_synonyms("证照" * 30)) < 600


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("身份证丢了", "居民身份证补领"),
        ("居民身份证换领", "居民身份证换领"),
        ("开饭店", "食品经营许可（新办）"),
        ("营业直照", "营业执照遗失补领"),
        ("公基金", "住房公积金缴存登记"),
    ],
)
def test_the_best_answer_comes_first(query: str, best: str) -> None:
    names = (
        "居民身份证补领",
        "居民身份证换领",
        "户口簿补领",
        "食品经营许可（新办）",
        "营业执照遗失补领",
        "住房公积金缴存登记",
    )
    assert ranked(query, *names)[0] == best


def test_what_has_nothing_to_do_with_it_is_left_out() -> None:
    assert ranked("身份证丢了", "采矿权延续登记") == []


def test_frequent_and_short_ones_lead_among_equals() -> None:
    asked = understand("执照", {}, cut)
    items = [candidate("执照甲"), candidate("执照乙", frequent=True), candidate("执照丙丙丙丙丙丙丙")]
    found = scores(asked, items, 100, pinyin)
    assert sorted(found, key=lambda code: -found[code]) == ["执照乙", "执照甲", "执照丙丙丙丙丙丙丙"]
