"""Request and response bodies of appointments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lib_kernel import CITY_ZONE, NotAllowed
from svc_booking.appointment.domain import Status, Wish
from svc_booking.slot.domain import WrongSlot

CityTime = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CITY_ZONE))]
ItemCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S+$")]


class AppointmentCreate(BaseModel):
    """What to book: a slot from the list of free slots, or a held one, and what the person comes for.

    Further items of the same visit go into `item_codes`. `person_id` is for clerks, who book for somebody.
    """

    model_config = ConfigDict(extra="forbid")

    slot_id: UUID | None = Field(default=None, description="与 hold_id 至少填一个")
    hold_id: UUID | None = Field(default=None, description="先前保留的号源")
    item_code: ItemCode = Field(description="办理事项")
    item_codes: list[ItemCode] = Field(default=[], max_length=10, description="一次办的其他事项")
    party_size: int = Field(default=1, ge=1, le=1000, description="同行办理人数，每人占一个号")
    is_green: bool = Field(default=False, description="绿色通道：老年人、残疾人等")
    is_home_visit: bool = Field(default=False, description="上门服务")
    person_id: str | None = Field(default=None, max_length=64, description="窗口人员代为预约时填写")

    def own_wish(self, person_id: str, channel: str, partner: str | None) -> Wish:
        """Return what a person wishes for themselves. Raises NotAllowed when somebody else is named."""
        if self.person_id not in (None, person_id):
            raise NotAllowed("只能为本人预约")
        return self._wish(person_id, channel, partner=partner)

    def wish_for(self, staff_id: str, channel: str) -> Wish:
        """Return what a clerk wishes for the person named. Raises NotAllowed when nobody is."""
        if self.person_id is None:
            raise NotAllowed("请指明办事人 person_id")
        return self._wish(self.person_id, channel, booked_by=staff_id)

    def named_slot(self) -> UUID:
        """Return the slot. Raises WrongSlot when only a hold is named: clerks book without."""
        if self.slot_id is None:
            raise WrongSlot("窗口代约请填写 slot_id", field="slot_id")
        return self.slot_id

    def _wish(
        self, person_id: str, channel: str, *, booked_by: str | None = None, partner: str | None = None
    ) -> Wish:
        items = tuple(dict.fromkeys([self.item_code, *self.item_codes]))  # An item named twice counts once.
        return Wish(
            person_id,
            channel,
            items,
            self.party_size,
            self.is_green,
            self.is_home_visit,
            booked_by,
            partner,
        )


class AppointmentMove(BaseModel):
    """Which slot to move to."""

    model_config = ConfigDict(extra="forbid")

    slot_id: UUID


class AppointmentOut(BaseModel):
    """An appointment."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    slot_id: UUID
    item_code: str
    item_codes: list[str]
    service_point: str
    service_point_name: str
    group: str
    starts_at: CityTime
    channel: str
    booked_at: CityTime
    status: Status
    party_size: int
    is_green: bool
    is_home_visit: bool
    is_extended: bool
    reschedules: int
