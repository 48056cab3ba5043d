"""Request and response bodies of partners."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gateway.partner.domain import ALL_SCOPES, Contact, Partner, Quota, Status, Webhook, check_networks
from gateway.webhook.poster import Outside
from lib_kernel import Invalid

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{2,60}$")]
EventPattern = Annotated[str, Field(pattern=r"^[a-z_.0-9]{1,80}\*?$")]


# One address: what could name a second one or another field of a mail is refused.
MAIL_ADDRESS = r"^$|^[^\s@,;:<>\"()\\\[\]]{1,64}@[0-9A-Za-z.-]{1,64}$"


class ContactBody(BaseModel):
    """Whom to call at the partner."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: str = Field(min_length=1, max_length=60)
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=120, pattern=MAIL_ADDRESS)


class ContactOut(BaseModel):
    """Whom to call at the partner; empty until an administrator fills it in."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    phone: str
    email: str


class QuotaBody(BaseModel):
    """Requests allowed; null is no limit."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    per_day: int | None = Field(default=None, ge=0, le=1_000_000_000)
    per_minute: int | None = Field(default=None, ge=0, le=1_000_000)


class WebhookBody(BaseModel):
    """Where events are sent, and with which of the gateway's keys they are signed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    url: str = Field(min_length=8, max_length=500)
    algorithm: str = Field(default="ed25519", pattern="^(ed25519|sm2-sm3)$")


class WebhookOut(WebhookBody):
    """`ended` says why the subscription is over; null while it runs."""

    model_config = ConfigDict(from_attributes=True)

    ended: str | None


class KeyCreate(BaseModel):
    """A public key (PEM) under an id that nobody ever used."""

    model_config = ConfigDict(extra="forbid")

    key_id: Code
    algorithm: str = Field(pattern="^(ed25519|sm2-sm3)$")
    public_key: str = Field(max_length=1000, description="PEM")


class KeyRetirement(BaseModel):
    """From when on the key is refused; without it, at once."""

    model_config = ConfigDict(extra="forbid")

    at: datetime | None = None


class PartnerTerms(BaseModel):
    """What an administrator grants and may change."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    contact: ContactBody
    scopes: list[str] = Field(default=sorted(ALL_SCOPES), max_length=20)
    networks: list[str] = Field(default=[], max_length=50, description="IP 地址或网段，空为不限")
    quota: QuotaBody = QuotaBody()
    webhook: WebhookBody | None = None
    events: list[EventPattern] = Field(
        default=[], max_length=50, description="类型或以 * 结尾的前缀，空为全部"
    )


class PartnerCreate(PartnerTerms):
    """A new partner with its first key."""

    code: Code
    is_sandbox: bool = False
    key: KeyCreate


class Reason(BaseModel):
    """Why, for the audit record and the partner."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=300)


class KeyOut(BaseModel):
    """A key of the partner."""

    model_config = ConfigDict(from_attributes=True)

    key_id: str
    algorithm: str
    added_at: datetime
    retires_at: datetime | None


class PartnerOut(BaseModel):
    """A partner. `version` goes into If-Match."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    contact: ContactOut
    status: Status
    reason: str
    scopes: list[str]
    networks: list[str]
    quota: QuotaBody
    webhook: WebhookOut | None
    events: list[str]
    is_sandbox: bool
    registered_at: datetime
    keys: list[KeyOut]


class PartnersOut(BaseModel):
    """All partners, by code."""

    items: list[PartnerOut]


class UsageRowOut(BaseModel):
    """How often an operation was called on a day and got a status."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    operation: str
    status: int
    count: int


class UsageOut(BaseModel):
    """A partner's requests of some days."""

    partner: str
    total: int
    items: list[UsageRowOut]


class AuditRow(BaseModel):
    """Who did what and when."""

    number: int
    at: datetime
    by: str
    action: str
    facts: dict[str, object]


class AuditOut(BaseModel):
    """All changes, the oldest first."""

    items: list[AuditRow]


def out(partner: Partner) -> PartnerOut:
    """Return a partner as it is shown."""
    shown = PartnerOut.model_validate(
        {**vars(partner), "scopes": sorted(partner.scopes), "networks": list(partner.networks)},
        from_attributes=True,
    )
    return shown


def terms(body: PartnerTerms, outside: Outside, known: Webhook | None = None) -> dict[str, object]:
    """Return the granted terms as members of a partner. Raises Invalid naming the wrong one."""
    unknown = sorted(set(body.scopes) - ALL_SCOPES)
    if unknown:
        raise Invalid(f"没有权限范围 {unknown[0]}", field="scopes", known=sorted(ALL_SCOPES))
    return {
        "name": body.name,
        "contact": Contact(**body.contact.model_dump()),
        "scopes": frozenset(body.scopes),
        "networks": check_networks(body.networks),
        "quota": Quota(**body.quota.model_dump()),
        "webhook": webhook(body.webhook, outside, known),
        "events": tuple(body.events),
    }


def webhook(body: WebhookBody | None, outside: Outside, known: Webhook | None = None) -> Webhook | None:
    """Return the subscription; an address that stays keeps how it stands. Raises Invalid."""
    if body is None:
        return None
    outside.check_url(body.url)
    ended = known.ended if known is not None and known.url == body.url else None
    return Webhook(body.url, body.algorithm, ended)
