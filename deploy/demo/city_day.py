"""`make city`: a working day of all halls, without and with booking and diversion, on the real API.

Only chance and habits (`simulation/people.py`) are put in; where people go and how long they wait comes out
of what the service does. SCALE=n simulates one n-th of the people with one n-th of the windows and places.
"""

import asyncio
import os
import shutil
import tempfile
import time
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

from simulation.chart import draw
from simulation.day import Day, Outcome
from simulation.halls import CITY_HALL, open_halls
from simulation.people import City, Habits

from lib_kernel import CITY_ZONE
from lib_local.servers import Postgres
from lib_testing import free_port

DAY = date(2026, 3, 4)  # A Wednesday.
VISITORS = 4000
SEED = 410400
KINDS = {
    "city_hall": "市级大厅",
    "county_hall": "县级大厅",
    "township_centre": "乡镇中心",
    "bank_outlet": "银行网点",
}


async def play(server: Postgres, folder: Path, *, booking: bool, scale: int) -> Outcome:
    """Play the day once."""
    start = datetime.combine(DAY - timedelta(days=1), clock_time(17, 30), CITY_ZONE)
    city = City(DAY, SEED, Habits())
    people = city.people(VISITORS // scale)
    name = "with_booking" if booking else "walk_in"
    async with open_halls(server, name, folder, scale, start) as halls:
        return await Day(halls, city, booking).play(people)


def tell(title: str, outcome: Outcome, scale: int) -> None:
    """Print what came of a day."""
    print(f"\n{title}")
    for kind, count in outcome.visitors_by_kind().most_common():
        wait = outcome.mean_wait(kind)
        print(f"  {KINDS[kind]} 到访 {count * scale:5d} 人，平均等候 {wait or 0:5.1f} 分钟")
    hall = outcome.of(CITY_HALL)
    if hall is not None:
        wait, missed, unserved = hall["wait"], hall["no_show_share"], hall["unserved"] * scale
        print(f"  市级大厅等候：平均 {wait['mean']} 分钟，九成在 {wait['p90']} 分钟以内")
        print(f"  市级大厅未及办理 {unserved} 人")
        if missed is not None:
            print(f"  市级大厅预约取号占比 {hall['appointment_share']:.0%}，爽约率 {missed:.1%}")
    for choice, count in outcome.choices.most_common():
        print(f"    {choice}: {count * scale}")
    print(f"  ({outcome.requests} requests to the service)")


async def both_days(folder: Path, scale: int) -> tuple[Outcome, Outcome]:
    """Play and tell the day without booking and with it."""
    server = Postgres(folder / "pg", free_port(), "only-for-the-simulation", durable=False)
    try:
        server.start(folder / "postgres.log")
        before = await play(server, folder, booking=False, scale=scale)
        tell("只有现场取号（没有预约和分流）", before, scale)
        after = await play(server, folder, booking=True, scale=scale)
        tell("预约加分流", after, scale)
    finally:
        server.stop()
    return before, after


def main() -> None:
    """Play both days, tell and draw them."""
    scale = int(os.environ.get("SCALE", "3"))
    picture = Path(os.environ.get("RUN_DIR", ".run")) / "city-day.png"
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="city-day-"))
    folder.chmod(0o755)
    try:
        before, after = asyncio.run(both_days(folder, scale))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    draw(before, after, scale, picture)
    seconds = time.monotonic() - begun
    print(f"\n图表：{picture}（模拟 1/{scale} 的人和窗口，按全市折算；用时 {seconds:.0f} 秒）")


if __name__ == "__main__":
    main()
