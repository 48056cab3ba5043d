"""What a query means, and how well an item answers it.

A query becomes concepts. Each concept has alternatives: the words the person used, and what the catalogue
calls the same thing. An item is judged by how much of the query it covers, rare concepts counting more.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Cut = Callable[[str], Iterable[str]]
Pinyin = Callable[[str], str]

LONGEST_QUERY = 60
LONGEST_SYNONYM = 10
# What people wrap around what they are looking for.
_STOP_WORDS = """
我 我想 我要 我们 你 你们 他 她 它 想 想要 要 需要 请 请问 问 问下 咨询 怎么 怎么样 怎样 如何 咋 咋办 啥 什么
哪 哪里 哪儿 哪些 在 去 到 给 把 被 从 和 与 及 或 跟 对 的 了 吗 呢 吧 啊 呀 着 过 得 地 是 有 没 没有 不 也
都 能 能不能 可以 可不可以 能够 应该 会 一 一个 一下 个 这 那 这个 那个 里 上 下 中 来 时候 多久 多少 多少钱
几 天 手续 流程 材料 证件 条件 办 办理 办事 怎么办 怎么办理 如何办理 申请 地方 地点 时间 新 用 为 时 后 前
自己 本人 平顶山 平顶山市 市 河南 河南省 事项 业务 服务 政务
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
# Where an alternative is found decides how much it counts.
IN_NAME, IN_KEYWORDS, SOUNDS_ALIKE, ALMOST = 1.0, 0.75, 0.7, 0.6
LEAST_OVERLAP = 0.5
LEAST_SCORE, LEAST_OF_BEST = 0.30, 0.4
SHORTEST_SOUND = 5
WEAK = 0.15
RANK_SCALE = 1000


@dataclass(frozen=True)
class SearchWords:
    """How an item can be found: words, pairs of characters, pinyin and its initials."""

    words: str
    bigrams: list[str]
    pinyin: str
    initials: str
    keywords: str


@dataclass(frozen=True)
class Concept:
    """One thing a query is about. `said`: as the person put it; `alternatives`: it and other names for it."""

    said: str
    alternatives: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A query understood. `plain` is all of it, normalised."""

    plain: str
    concepts: tuple[Concept, ...]

    @property
    def terms(self) -> list[str]:
        """Return every alternative of every concept."""
        return list(dict.fromkeys(word for concept in self.concepts for word in concept.alternatives))


@dataclass(frozen=True)
class Candidate:
    """An item that might be meant."""

    code: str
    name: str
    keywords: str
    pinyin: str
    is_high_frequency: bool


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


def possible_synonyms(plain: str) -> list[str]:
    """Return every part of a query that might be an everyday expression."""
    return list(
        dict.fromkeys(
            plain[begin:end]
            for begin in range(len(plain))
            for end in range(begin + 1, min(len(plain), begin + LONGEST_SYNONYM) + 1)
        )
    )


def understand(query: str, synonyms: Mapping[str, Sequence[str]], cut: Cut) -> Asked:
    """Return what a query is about. The longest everyday expression wins; the rest is cut into words."""
    plain = normalise(query)[:LONGEST_QUERY]
    concepts: list[Concept] = []
    rest, place = "", 0
    while place < len(plain):
        found = _longest(plain, place, synonyms)
        if found is None:
            rest += plain[place]
            place += 1
            continue
        concepts += _words(rest, cut)
        rest = ""
        others = (normalise(word) for word in synonyms[found])
        concepts.append(Concept(found, tuple(dict.fromkeys([found, *others]))))
        place += len(found)
    concepts += _words(rest, cut)
    if not concepts and plain:
        concepts = [Concept(plain, (plain,))]
    return Asked(plain, tuple(dict.fromkeys(concepts)))


def _longest(plain: str, place: int, synonyms: Mapping[str, Sequence[str]]) -> str | None:
    for length in range(min(LONGEST_SYNONYM, len(plain) - place), 0, -1):
        if plain[place : place + length] in synonyms:
            return plain[place : place + length]
    return None


def _words(text: str, cut: Cut) -> list[Concept]:
    words = [word for word in cut(text) if word not in STOP_WORDS] if text else []
    return [Concept(word, (word,)) for word in words if len(word) > 1 or not word.isascii()]


def scores(asked: Asked, candidates: Sequence[Candidate], total: int, sound: Pinyin) -> dict[str, float]:
    """Return how well each candidate answers, 0 to about 1.6, leaving out those that hardly do.

    `total` items there are; a concept that few of them match says more about what is meant.
    """
    concepts = [[_Term.of(word, sound) for word in concept.alternatives] for concept in asked.concepts]
    matched = [[max(_match(term, item) for term in terms) for terms in concepts] for item in candidates]
    weights = []
    for column, concept in enumerate(asked.concepts):
        hits = sum(row[column] >= ALMOST for row in matched)
        rarity = math.log(1 + total / (1 + hits))
        # What no item speaks of, and a single character, say little about what is meant.
        is_weak = hits == 0 or (len(concept.said) == 1 and len(concept.alternatives) == 1)
        weights.append(rarity * (WEAK if is_weak else 1.0))
    whole = sum(weights) or 1.0
    found = {}
    for item, row in zip(candidates, matched, strict=True):
        covered = sum(weight * match for weight, match in zip(weights, row, strict=True)) / whole
        if covered >= LEAST_SCORE:
            found[item.code] = covered + _bonus(asked, item)
    best = max(found.values(), default=0.0)
    return {code: score for code, score in found.items() if score >= best * LEAST_OF_BEST}


@dataclass(frozen=True)
class _Term:
    word: str
    sound: str
    pairs: list[str]

    @classmethod
    def of(cls, word: str, sound: Pinyin) -> "_Term":
        heard = sound(word) if len(word) > 1 else ""
        pairs = bigrams(word)
        return cls(word, heard if len(heard) >= SHORTEST_SOUND else "", pairs if len(pairs) > 1 else [])


def _match(term: _Term, item: Candidate) -> float:
    if term.word in item.name:
        return IN_NAME
    if term.word in item.keywords:
        return IN_KEYWORDS
    if term.sound and term.sound in item.pinyin:
        return SOUNDS_ALIKE
    if not term.pairs:
        return 0.0
    overlap = sum(pair in item.name for pair in term.pairs) / len(term.pairs)
    return ALMOST * overlap if overlap >= LEAST_OVERLAP else 0.0


def _bonus(asked: Asked, item: Candidate) -> float:
    """Among items that cover the query alike: the very name, its beginning, a short name, a frequent item."""
    bonus = 0.04 if item.is_high_frequency else 0.0
    bonus += 0.1 * max(0.0, 1 - len(item.name) / 30)
    if item.name == asked.plain:
        return bonus + 0.4
    if item.name.startswith(asked.plain):
        return bonus + 0.2
    if asked.plain in item.name:
        return bonus + 0.1
    # What the query begins with is what it is about.
    first = asked.concepts[0].alternatives if asked.concepts else ()
    return bonus + (0.03 if any(item.name.startswith(word) for word in first) else 0.0)
