"""Word segmentation and pinyin, by rjieba and pypinyin."""

from collections.abc import Iterable
from functools import lru_cache

import rjieba
from pypinyin import Style, lazy_pinyin

from svc_catalog.search.domain import SearchWords, bigrams, normalise


def search_words(name: str, keywords: Iterable[str]) -> SearchWords:
    """Return how an item with this name and these keywords can be found."""
    plain = normalise(name)
    known = [normalise(word) for word in keywords]
    extra = " ".join(segmented(word) for word in known)
    return SearchWords(
        words=f"{segmented(name)} {extra}".strip(),
        bigrams=list(dict.fromkeys(pair for text in [plain, *known] for pair in bigrams(text))),
        pinyin=pinyin(plain),
        initials="".join(lazy_pinyin(plain, style=Style.FIRST_LETTER)),
        keywords=" ".join(known),
    )


def segmented(text: str) -> str:
    """Return the words of a text with spaces between them, long words also in their parts."""
    return " ".join(word for word in rjieba.cut_for_search(normalise(text), hmm=True) if word.strip())


def cut(text: str) -> list[str]:
    """Return the words of a text."""
    return list(rjieba.cut(text, hmm=True))


@lru_cache(maxsize=4096)
def pinyin(text: str) -> str:
    """Return the pinyin of a text without tones and spaces."""
    return "".join(lazy_pinyin(text))
