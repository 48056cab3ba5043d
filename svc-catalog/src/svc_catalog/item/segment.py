"""Word segmentation and pinyin of titles, by rjieba and pypinyin."""

import rjieba
from pypinyin import Style, lazy_pinyin

from svc_catalog.item.domain import SearchWords, bigrams, normalise


def search_words(name: str, keywords: list[str]) -> SearchWords:
    """Return how an item with this name and these keywords can be found."""
    plain = normalise(name)
    extra = " ".join(segmented(word) for word in keywords)
    return SearchWords(
        words=f"{segmented(name)} {extra}".strip(),
        bigrams=bigrams(plain),
        pinyin="".join(lazy_pinyin(plain)),
        initials="".join(lazy_pinyin(plain, style=Style.FIRST_LETTER)),
    )


def segmented(text: str) -> str:
    """Return the words of a text with spaces between them."""
    return " ".join(word for word in rjieba.cut_for_search(normalise(text), hmm=True) if word.strip())
