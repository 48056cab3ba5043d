"""Request and response bodies of the rules."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from svc_booking.hall_policy.domain import HallPolicy


class HallPolicyBody(BaseModel):
    """Rules of a hall's day; all times are whole minutes."""

    model_config = ConfigDict(extra="forbid")

    early_minutes: int = Field(ge=0, le=240, description="预约时段开始前多久可以取号")
    late_minutes: int = Field(ge=0, le=240, description="迟到多久以内仍按预约次序，超过则排在现场取号之列")
    no_show_minutes: int = Field(ge=0, le=480, description="时段开始后多久仍未取号视为爽约")
    max_skips: int = Field(ge=0, le=20, description="过号后最多可以重排几次")
    unfinished_minutes: int = Field(ge=0, le=480, description="下班后窗口未办结的号最多保留多久")
    divert_minutes: int = Field(ge=0, le=480, description="预计等候超过多久时提示分流")

    def policy(self) -> HallPolicy:
        """Return the rules. Raises PolicyContradicts."""
        return HallPolicy(
            timedelta(minutes=self.early_minutes),
            timedelta(minutes=self.late_minutes),
            timedelta(minutes=self.no_show_minutes),
            self.max_skips,
            timedelta(minutes=self.unfinished_minutes),
            timedelta(minutes=self.divert_minutes),
        )

    @classmethod
    def of(cls, policy: HallPolicy) -> Self:
        """Return the body that tells the rules."""
        return cls(
            early_minutes=int(policy.early.total_seconds()) // 60,
            late_minutes=int(policy.late.total_seconds()) // 60,
            no_show_minutes=int(policy.no_show_after.total_seconds()) // 60,
            max_skips=policy.max_skips,
            unfinished_minutes=int(policy.unfinished_after.total_seconds()) // 60,
            divert_minutes=int(policy.divert_after.total_seconds()) // 60,
        )
