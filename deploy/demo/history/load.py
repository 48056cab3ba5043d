"""Gives the demo city a year of activity: `python -m history.load SERVICE LAST_DAY`. Safe to repeat.

Only the local run does this. Everything ends before the day on which it is loaded: no queue, no worklist and
no deadline of today has anything of it.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Any


def load(service: str, last: date) -> int:
    """Load one service's part of the year; return how many rows it is about."""
    key = Path(os.environ["PERSON_ID_KEY_FILE"]).read_bytes().strip()
    return asyncio.run(_loader(service)(key, last))


def _loader(service: str) -> Callable[[bytes, date], Coroutine[Any, Any, int]]:
    # Each process loads the code of its own service alone.
    if service == "catalog":
        from history.applications import load_applications

        from svc_catalog.settings import Settings as CatalogSettings

        return lambda key, last: load_applications(CatalogSettings(), key, last)
    if service == "license":
        from history.licences import load_licences

        from svc_license.settings import Settings as LicenseSettings

        return lambda key, last: load_licences(LicenseSettings(), key, last)
    if service == "complaint":
        from history.ratings import load_ratings

        from svc_complaint.settings import Settings as ComplaintSettings

        return lambda key, last: load_ratings(ComplaintSettings(), key, last)
    from history.halls import load_halls

    from svc_booking.settings import Settings as BookingSettings

    return lambda key, last: load_halls(BookingSettings(), key, last)


if __name__ == "__main__":
    gc.disable()  # A short life with many objects that all stay.
    rows = load(sys.argv[1], date.fromisoformat(sys.argv[2]))
    sys.stdout.write(f"{sys.argv[1]}: {rows}\n")
