"""Figures of a year."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from svc_license.license.domain import Status
from svc_license.usage.domain import Basis

STANDINGS = {
    Status.VALID: "有效",
    Status.SUSPENDED: "暂扣",
    Status.REVOKED: "吊销或注销",
    Status.EXPIRED: "过期",
    Status.SUPERSEDED: "已换发",
}
BASES = {
    Basis.CONSENT: "经授权",
    Basis.GROUND: "依法查询",
    Basis.PRESENTED: "亮证核验",
    Basis.DELEGATION: "代持查看",
    Basis.SERVICE: "窗口查询",
}


@dataclass(frozen=True)
class Figure:
    """One count."""

    code: str
    title: str
    value: int


def figures(licenses: Iterable[tuple[str, Status, int]], reads: Mapping[Basis, int]) -> list[Figure]:
    """Return the counts of licences, by status and valid ones by kind, and of reads, by what allowed them."""
    by_status: Counter[Status] = Counter()
    by_kind: Counter[str] = Counter()
    for name, status, count in licenses:
        by_status[status] += count
        by_kind[name] += count if status is Status.VALID else 0
    return [
        Figure("licenses_total", "电子证照总量", sum(by_status.values())),
        *(
            Figure(f"licenses_{s.value}", f"电子证照（{title}）", by_status[s])
            for s, title in STANDINGS.items()
        ),
        *(
            Figure(f"licenses_valid:{name}", f"有效电子证照：{name}", count)
            for name, count in by_kind.items()
        ),
        Figure("licenses_presented", "亮证核验次数", reads.get(Basis.PRESENTED, 0)),
        Figure("licenses_read", "用证次数", sum(reads.values())),
        *(
            Figure(f"licenses_read_{b.value}", f"用证次数（{title}）", reads.get(b, 0))
            for b, title in BASES.items()
        ),
    ]
