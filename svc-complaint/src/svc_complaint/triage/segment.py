"""Words of a text, by rjieba."""

import re
from typing import Protocol

import rjieba

_WORD = re.compile(r"[\u4e00-\u9fff]{2,}|[A-Za-z]{2,}")
# Words of any complaint say nothing about what this one is about.
_EMPTY = (
    "我们 你们 他们 没有 不是 还是 就是 这个 那个 什么 怎么 因为 所以 但是 可以 不能 已经 一个 现在 时候"
    " 办理 业务 问题 工作 人员 要求 希望 请问 情况 反映 解决 部门 有关 政务 服务 中心 大厅 窗口 今天 昨天"
    " 一直 一下 为什么"
)
EMPTY = frozenset(_EMPTY.split())


class Indexer(Protocol):
    """Makes keyed hashes."""

    def blind_index(self, text: str) -> str:
        """Return a keyed hash by which equal texts are found."""
        ...


def words(text: str) -> list[str]:
    """Return the words that tell something, without single characters and numbers, in order."""
    return [word for word in rjieba.cut(text, hmm=True) if _WORD.fullmatch(word) and word not in EMPTY]


def fingerprints(text: str, cipher: Indexer) -> list[int]:
    """Return a keyed 60-bit hash of each word: equal words are found, none can be read."""
    return sorted({int(cipher.blind_index(f"word:{word}")[:15], 16) for word in words(text)})
