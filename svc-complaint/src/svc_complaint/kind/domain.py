"""A kind of case: its fields, moves, deadlines, escalation ladder, and who may do what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lib_kernel import Invalid, NotAllowed
from svc_complaint.office_hours import Span


class Status(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"
    CLOSED = "closed"


# What the engine can do. A kind may have fewer moves, never others.
NEXT: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.TRIAGED, Status.CLOSED}),
    Status.TRIAGED: frozenset({Status.DISPATCHED, Status.CLOSED}),
    Status.DISPATCHED: frozenset({Status.ACCEPTED, Status.DISPATCHED, Status.RECEIVED, Status.CLOSED}),
    Status.ACCEPTED: frozenset(
        {Status.IN_PROGRESS, Status.RESOLVED, Status.DISPATCHED, Status.RECEIVED, Status.CLOSED}
    ),
    Status.IN_PROGRESS: frozenset({Status.RESOLVED, Status.DISPATCHED, Status.CLOSED}),
    Status.RESOLVED: frozenset({Status.CONFIRMED, Status.REOPENED, Status.CLOSED}),
    Status.CONFIRMED: frozenset({Status.CLOSED}),
    Status.REOPENED: frozenset({Status.IN_PROGRESS, Status.DISPATCHED, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.REOPENED}),
}
WORKED_ON = frozenset(Status) - {Status.RESOLVED, Status.CONFIRMED, Status.CLOSED}
_ACTIONS = (
    "triage dispatch return transfer accept start resolve reply note supplement confirm reopen withdraw close"
    " join opinion ask_extension decide_extension supervise answer_supervision track untrack verify call_back"
    " merge contact"
)
ACTIONS = frozenset(_ACTIONS.split())
SPANS = frozenset({"triage", "accept", "resolve", "confirm", "reopen", "call_back", "look"})


class KindInvalid(Invalid):
    """The definition of a kind breaks a rule of the engine."""

    code = "case-kind-invalid"
    title = "诉求类别定义不正确"


class NoSuchKind(Invalid):
    """There is no such kind of case."""

    code = "case-kind-unknown"
    title = "没有这个诉求类别"


@dataclass(frozen=True)
class Rung:
    """A step of the escalation ladder (升级): a share of the time to solve, or a span after the deadline.

    `to` names the contacts who are told; `supervise` makes it a supervision order (督办).
    """

    level: int
    to: str
    share: float | None = None
    after: Span | None = None
    supervise: bool = False

    def at(self, since: datetime, due: datetime) -> datetime:
        """Return its moment for a case with a time to solve of `since` to `due`."""
        if self.share is not None:
            return since + (due - since) * self.share
        # No span is no time: at the deadline itself, also when that is outside office hours.
        return self.after.after(due) if self.after and self.after.amount else due


@dataclass(frozen=True)
class CaseKind:
    """A version of a kind. `schema` is the JSON Schema of its own fields."""

    code: str
    version: int
    name: str
    prefix: str
    schema: Mapping[str, Any]
    opened_by: frozenset[str]
    moves: Mapping[Status, frozenset[Status]]
    spans: Mapping[str, Span]
    ladder: tuple[Rung, ...]
    may: Mapping[str, frozenset[str]]
    auto_triage: bool
    call_back: bool
    verify: bool
    service_matter: bool
    difficult: bool

    def check_may(self, action: str, scopes: Collection[str]) -> None:
        """Raise NotAllowed unless one of the caller's scopes may do this; an admin may what staff may."""
        wanted = self.may.get(action, frozenset())
        staff = wanted - {"citizen", "public", "service"}
        if not wanted & set(scopes) and not (staff and "admin" in scopes):
            raise NotAllowed(f"“{self.name}”的这一步不由您的岗位办理", action=action, needs=sorted(wanted))

    def due(self, span: str, since: datetime) -> datetime | None:
        """Return the end of a span that begins at `since`, None when the kind has no such span."""
        found = self.spans.get(span)
        return found.after(since) if found else None

    @classmethod
    def parse(cls, version: int, value: Mapping[str, Any]) -> "CaseKind":
        """Read a definition.

        Raises:
            KindInvalid: it breaks a rule; the text says which.
        """
        try:
            kind = cls(
                code=value["code"],
                version=version,
                name=value["name"],
                prefix=value["prefix"],
                schema=value["fields"],
                opened_by=frozenset(value["opened_by"]),
                moves={
                    Status(state): frozenset(Status(after) for after in afters)
                    for state, afters in value["moves"].items()
                },
                spans={name: Span.parse(span) for name, span in value["deadlines"].items()},
                ladder=tuple(_rung(rung) for rung in value["ladder"]),
                may={action: frozenset(scopes) for action, scopes in value["may"].items()},
                auto_triage=bool(value.get("auto_triage", False)),
                call_back=bool(value.get("call_back", False)),
                verify=bool(value.get("verify", False)),
                service_matter=bool(value.get("service_matter", False)),
                difficult=bool(value.get("difficult", False)),
            )
        except KeyError as error:
            raise KindInvalid(f"缺少 {error.args[0]}", field=str(error.args[0])) from error
        except (TypeError, ValueError, AttributeError) as error:
            raise KindInvalid(str(error)) from error
        kind.check()
        return kind

    def check(self) -> None:
        """Raise KindInvalid unless the engine can run it and every case of it can come to an end."""
        if set(self.moves) != set(Status):
            raise KindInvalid("moves 须列出每个状态", field="moves")
        for state, afters in self.moves.items():
            if not afters <= NEXT[state]:
                names = "、".join(sorted(afters - NEXT[state]))
                raise KindInvalid(f"{state} 之后不能是 {names}", field="moves")
        if unknown := set(self.may) - ACTIONS:
            raise KindInvalid(f"没有这些操作：{'、'.join(sorted(unknown))}", field="may")
        if unknown := set(self.spans) - SPANS:
            raise KindInvalid(f"没有这些期限：{'、'.join(sorted(unknown))}", field="deadlines")
        if "resolve" not in self.spans:
            raise KindInvalid("须有办理期限 resolve", field="deadlines")
        for state in self._reachable(Status.RECEIVED):
            if Status.CLOSED not in self._reachable(state):
                raise KindInvalid(f"从 {state} 到不了 closed", field="moves")
        levels = [rung.level for rung in self.ladder]
        if levels != sorted(set(levels)):
            raise KindInvalid("升级层级须由低到高且不重复", field="ladder")

    def _reachable(self, begin: Status) -> set[Status]:
        found, waiting = {begin}, [begin]
        while waiting:
            new = self.moves[waiting.pop()] - found
            found |= new
            waiting += new
        return found


def _rung(value: Mapping[str, Any]) -> Rung:
    after = Span.parse(value["after"]) if "after" in value else None
    share = float(value["share"]) if "share" in value else None
    if (after is None) == (share is None) or (share is not None and not 0 < share < 1):
        raise KindInvalid("每级升级须有 share（0 到 1 之间）或 after 之一", field="ladder")
    return Rung(int(value["level"]), str(value["to"]), share, after, bool(value.get("supervise", False)))
