"""Who is calling: one frozen value, made at the edge, passed as an argument."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from lib_kernel import NotAllowed


class CallerKind(StrEnum):
    """What sort of caller the gateway (or a sister service) vouches for."""

    PUBLIC = "public"
    CITIZEN = "citizen"
    STAFF = "staff"
    PARTNER = "partner"
    DEVICE = "device"
    SERVICE = "service"


@dataclass(frozen=True)
class Caller:
    """The authenticated caller.

    `subject` is the person id of a citizen, the staff id, or the code of a partner, device or service.
    `roles` are staff roles, and `enterprise_agent` for a citizen who acts for an enterprise. `orgs` are
    department codes and `points` service point codes that a staff member works for. At a kiosk or a bank the
    citizen's session also names the `device` or `partner` it runs on, and the `consent` it rests on.
    """

    kind: CallerKind
    subject: str
    channel: str
    roles: frozenset[str] = frozenset()
    orgs: frozenset[str] = frozenset()
    points: frozenset[str] = frozenset()
    partner: str | None = None
    device: str | None = None
    consent: str | None = None
    scopes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", self.roles | {self.kind.value})

    @property
    def person_id(self) -> str:
        """Return the citizen's person id.

        Raises:
            NotAllowed: the caller is not a citizen.
        """
        if self.kind is not CallerKind.CITIZEN:
            raise NotAllowed("此操作须由办事人本人进行")
        return self.subject

    def check_point(self, service_point: str) -> None:
        """Raise NotAllowed unless the staff member works at this service point. An admin works everywhere."""
        if "admin" not in self.roles and service_point not in self.points:
            raise NotAllowed("您没有该服务网点的权限", service_point=service_point)

    def check_org(self, department: str) -> None:
        """Raise NotAllowed unless the staff member belongs to this department. An admin belongs to all."""
        if "admin" not in self.roles and department not in self.orgs:
            raise NotAllowed("您没有该部门的权限", department=department)

    def claims(self) -> dict[str, Any]:
        """Return the caller as members of an internal token, leaving out what is empty."""
        members = {
            "kind": self.kind.value,
            "sub": self.subject,
            "channel": self.channel,
            "roles": sorted(self.roles),
            "orgs": sorted(self.orgs),
            "points": sorted(self.points),
            "partner": self.partner,
            "device": self.device,
            "consent": self.consent,
        }
        return {name: value for name, value in members.items() if value}

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> Self:
        """Read the caller back from an internal token."""
        return cls(
            kind=CallerKind(claims["kind"]),
            subject=claims["sub"],
            channel=claims["channel"],
            roles=frozenset(claims.get("roles", ())),
            orgs=frozenset(claims.get("orgs", ())),
            points=frozenset(claims.get("points", ())),
            partner=claims.get("partner"),
            device=claims.get("device"),
            consent=claims.get("consent"),
        )
