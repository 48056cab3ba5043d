"""Words of an item's name, as search needs them."""

import unicodedata
from dataclasses import dataclass

from lib_kernel import NotFound


class NoSuchItem(NotFound):
    """There is no published item with this code."""

    code = "item-not-found"
    title = "没有这个事项"


@dataclass(frozen=True)
class SearchWords:
    """How an item can be found: words, pairs of characters, pinyin and its initials."""

    words: str
    bigrams: list[str]
    pinyin: str
    initials: str


def normalise(text: str) -> str:
    """Return the text as it is compared: one width, lower case, no spaces or punctuation."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in folded if character.isalnum())


def bigrams(text: str) -> list[str]:
    """Return the pairs of neighbouring characters, each once, in order."""
    return list(dict.fromkeys(text[index : index + 2] for index in range(len(text) - 1)))


def is_latin(query: str) -> bool:
    """Return whether a query is pinyin or initials rather than Chinese."""
    return query.isascii() and query.isalpha()
