"""The committed list of citizens' queries finds what is meant, on the whole demo city."""

from pathlib import Path

from lib_db import Sessions
from svc_catalog.search.store import ItemFilter, facets, search

QUERIES = Path(__file__).parent / "citizen_queries.txt"
HELD_OUT = "[held out]"


def queries() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the queries with the items they mean: those that synonyms were chosen with, and the others."""
    known: dict[str, set[str]] = {}
    held_out: dict[str, set[str]] = {}
    part = known
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line == HELD_OUT:
            part = held_out
        elif line and not line.startswith("#"):
            query, _, names = line.partition(" = ")
            part[query] = set(names.split())
    return known, held_out


async def hit_rate(sessions: Sessions, wanted: dict[str, set[str]]) -> float:
    """Return the share of queries with a wanted item among the first three."""
    hits = 0
    async with sessions() as session:
        for query, names in wanted.items():
            found = await search(session, ItemFilter(query=query), after=None, limit=3)
            hits += any(row.brief["name"] in names for row in found)
    return hits / len(wanted)


async def test_citizens_find_what_they_mean_among_the_first_three(whole_city: Sessions) -> None:
    known, held_out = queries()
    assert len(known) + len(held_out) >= 100
    assert len(held_out) >= 40
    assert await hit_rate(whole_city, known | held_out) >= 0.95
    # Queries that nobody looked at while words were chosen: what new queries may expect.
    assert await hit_rate(whole_city, held_out) >= 0.9


async def test_pages_and_facets_agree_with_the_search(whole_city: Sessions) -> None:
    wanted = ItemFilter(query="公积金")
    async with whole_city() as session:
        whole = await search(session, wanted, after=None, limit=100)
        pages, after = [], None
        while page := await search(session, wanted, after=after, limit=3):
            pages += page
            after = (page[-1].rank, page[-1].code)
        assert pages == whole
        counted = await facets(session, wanted)
        assert sum(counted["kind"].values()) == len(whole)
        kind = next(iter(counted["kind"]))
        narrowed = ItemFilter(query="公积金", kind=kind)
        of_kind = await search(session, narrowed, after=None, limit=100)
        again = await facets(session, narrowed)
    assert len(of_kind) == counted["kind"][kind]
    # The facet itself still shows the other kinds; all others count under the filter.
    assert again["kind"] == counted["kind"]
    assert sum(again["department"].values()) == len(of_kind)
