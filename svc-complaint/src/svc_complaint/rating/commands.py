"""Give a rating; a bad one opens a case by itself, in the same transaction."""

from dataclasses import dataclass, field
from uuid import UUID

from lib_contracts.complaint import RatingSubmitted
from lib_kernel import Clock
from svc_complaint.complaint_case.commands import Receive, open_case
from svc_complaint.complaint_case.domain import Kind
from svc_complaint.complaint_case.ports import FieldCipher
from svc_complaint.rating.domain import LEVELS, NoSuchRating, Rating
from svc_complaint.rating.ports import UnitOfWork

COMMENT = "rating.comment"


@dataclass(frozen=True)
class SubmitRating:
    """What a citizen thinks of a service. `rectification_days` are working days to solve a bad one."""

    rating_id: UUID
    person_id: str
    level: int
    rectification_days: int
    tags: list[str] = field(default_factory=list)
    comment: str = ""


async def submit_rating(cmd: SubmitRating, *, uow: UnitOfWork, cipher: FieldCipher, clock: Clock) -> Rating:
    """Give a rating.

    Raises:
        NoSuchRating: it is not the person's, or there is none.
        IllegalMove: it was given already.
    """
    now = clock.now()
    async with uow:
        rating = await uow.ratings.lock(cmd.rating_id)
        if rating.person_id != cmd.person_id:
            raise NoSuchRating
        comment = cipher.encrypt(cmd.comment, context=COMMENT) if cmd.comment else None
        rating.submit(cmd.level, cmd.tags, comment, now)
        if rating.is_bad:
            words = cmd.comment or "（未填写意见）"
            complaint = Receive(
                Kind.BAD_RATING,
                rating.person_id,
                f"{rating.service_name}：{LEVELS[cmd.level]}。{words}",
                cmd.rectification_days,
                item_code=rating.item_code,
                department=rating.department or None,
                service_point=rating.service_point or None,
            )
            case = await open_case(complaint, cases=uow.cases, outbox=uow.outbox, cipher=cipher, now=now)
            rating.case_id = case.id
        uow.outbox.add(
            RatingSubmitted(
                rating_id=rating.id,
                level=cmd.level,
                item_code=rating.item_code,
                department=rating.department,
                service_point=rating.service_point,
                submitted_at=now,
            )
        )
        await uow.commit(answer=rating)
    return rating
