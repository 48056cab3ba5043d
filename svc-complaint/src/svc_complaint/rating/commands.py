"""Give a rating; a bad one opens a case by itself, in the same transaction. Appeal and review."""

from dataclasses import dataclass, field
from uuid import UUID

from lib_contracts.complaint import RatingAppealed, RatingReviewed, RatingSubmitted
from lib_kernel import Clock
from svc_complaint.complaint_case.commands import Desk, FieldCipher
from svc_complaint.complaint_case.intake import Receive, open_case
from svc_complaint.rating.domain import LEVELS, Limits, NoSuchRating, Rating, check_tags, suspicious
from svc_complaint.rating.ports import UnitOfWork

COMMENT = "rating.comment"
APPEAL = "rating.appeal"
BAD_RATING = "bad_rating"


@dataclass(frozen=True)
class SubmitRating:
    """What a citizen thinks of a service."""

    rating_id: UUID
    person_id: str
    level: int
    channel: str
    limits: Limits
    tags: list[str] = field(default_factory=list)
    comment: str = ""


async def submit_rating(cmd: SubmitRating, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> Rating:
    """Give a rating.

    Raises:
        NoSuchRating: it is not the person's, or there is none.
        IllegalMove, RatingClosed: it was given already, or its time is over.
        TagUnknown: a tag is not one of the level's.
    """
    now = clock.now()
    async with uow:
        rating = await uow.ratings.lock(cmd.rating_id)
        if rating.person_id != cmd.person_id:
            raise NoSuchRating
        check_tags(cmd.tags, cmd.level, await uow.ratings.tags())
        comment = cipher.encrypt(cmd.comment, context=COMMENT) if cmd.comment else None
        rating.flags = suspicious(*await uow.ratings.lately(rating, now), cmd.limits)
        rating.submit(cmd.level, cmd.tags, comment, cmd.channel, now)
        if rating.is_bad:
            case = await open_case(_complaint(rating, cmd), Desk(uow, cipher, clock))
            rating.case_id = case.id
        uow.outbox.add(
            RatingSubmitted(
                rating_id=rating.id,
                level=cmd.level,
                item_code=rating.item_code,
                department=rating.department,
                service_point=rating.service_point,
                submitted_at=now,
                window=rating.window,
                is_flagged=bool(rating.flags),
            )
        )
        await uow.commit(answer=rating)
    return rating


def _complaint(rating: Rating, cmd: SubmitRating) -> Receive:
    said = "；".join([*cmd.tags, cmd.comment or "（未填写意见）"])
    return Receive(
        kind=BAD_RATING,
        person_id=rating.person_id,
        content=f"{rating.service_name}：{LEVELS[cmd.level]}。{said}",
        channel=cmd.channel,
        scopes=frozenset({"service"}),
        fields={"level": cmd.level, "tags": cmd.tags},
        item_code=rating.item_code,
        department=rating.department or None,
        service_point=rating.service_point or None,
        window=rating.window,
    )


async def appeal(
    rating_id: UUID,
    by: str,
    orgs: frozenset[str],
    reason: str,
    *,
    uow: UnitOfWork,
    cipher: FieldCipher,
    clock: Clock,
) -> Rating:
    """The rated department appeals (申诉). Raises NoSuchRating, NotBad, AppealedBefore, IllegalMove."""
    now = clock.now()
    async with uow:
        rating = await uow.ratings.lock(rating_id)
        if rating.department not in orgs:
            raise NoSuchRating
        rating.appeal_against(by, cipher.encrypt(reason, context=APPEAL))
        uow.outbox.add(RatingAppealed(rating_id=rating.id, department=rating.department, happened_at=now))
        await uow.audit.note(by, "rating.appeal", str(rating.id), now)
        await uow.commit()
    return rating


async def review(
    rating_id: UUID, by: str, set_aside: bool, note: str, *, uow: UnitOfWork, clock: Clock
) -> Rating:
    """Decide an appeal (复核). Raises NoSuchRating, NotAllowed, IllegalMove."""
    now = clock.now()
    async with uow:
        rating = await uow.ratings.lock(rating_id)
        rating.review(by, set_aside, now)
        uow.outbox.add(RatingReviewed(rating_id=rating.id, set_aside=set_aside, happened_at=now))
        facts = {"set_aside": str(set_aside), "note": note}
        await uow.audit.note(by, "rating.review", str(rating.id), now, facts)
        await uow.commit()
    return rating
