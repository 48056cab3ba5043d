"""When offices work: moments in their hours, so many working days after another moment."""

from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from lib_kernel import CITY_ZONE
from lib_workdays import is_working_day

MORNING, NOON, AFTERNOON, EVENING = time(9), time(12), time(13, 30), time(17)
LONGEST_HOLIDAY = timedelta(days=14)


def at(day: date, moment: time) -> datetime:
    """Return a moment of a day in the city."""
    return datetime.combine(day, moment, CITY_ZONE)


def dice_of(*seed: object) -> Random:
    """Return dice that fall the same for the same seed."""
    return Random("/".join(map(str, seed)))  # noqa: S311 - made-up data, nothing secret


class Office:
    """The working days of a span of time."""

    def __init__(self, first: date, last: date, dice: Random) -> None:
        self.last = last
        self._dice = dice
        span = range((last + LONGEST_HOLIDAY - first).days + 1)
        days = [first + timedelta(days=step) for step in span]
        self.working_days = [day for day in days if is_working_day(day)]
        self._next: dict[date, int] = {}
        place = 0
        for day in days:
            self._next[day] = place
            place += is_working_day(day)

    def moment(self, after: datetime, days: int = 0) -> datetime:
        """Return a moment in office hours `days` working days after another one, and later than it."""
        local = after.astimezone(CITY_ZONE)
        place = self._next.get(local.date(), len(self.working_days)) + days
        if place < len(self.working_days) and self.working_days[place] == local.date():
            soon = local + timedelta(minutes=self._dice.uniform(3, 70))
            if MORNING <= soon.time() < NOON or AFTERNOON <= soon.time() < EVENING:
                return soon
            if local.time() < MORNING:
                return self.within(local.date())
            if local.time() < AFTERNOON:
                return at(local.date(), AFTERNOON) + timedelta(minutes=self._dice.uniform(1, 90))
            place += 1
        # Behind the last known day nothing counts any more.
        known = self.working_days[place] if place < len(self.working_days) else self.last + LONGEST_HOLIDAY
        return self.within(known)

    def within(self, day: date) -> datetime:
        """Return a moment in the office hours of a day."""
        minutes = self._dice.uniform(2, 385)
        morning = minutes < 178
        begin = at(day, MORNING if morning else AFTERNOON)
        return begin + timedelta(minutes=minutes if morning else minutes - 178)


def id_at(moment: datetime, dice: Random) -> UUID:
    """Return a UUID version 7 as it would have been made at a moment."""
    value = int(moment.timestamp() * 1000) << 80 | dice.getrandbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))
