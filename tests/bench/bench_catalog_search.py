"""Searching the catalogue: how often citizens' own words find what they mean, and how fast."""

import statistics
import time
from pathlib import Path
from typing import Any

from bench.harness import ROOT, Figure, Measure, database

from lib_db import make_engine, make_sessions
from lib_local._plan import Plan
from svc_catalog.item.store import item_page
from svc_catalog.search.store import ItemFilter, search

QUERIES = ROOT / "svc-catalog" / "tests" / "search" / "citizen_queries.txt"
WANTED_RATE, WANTED_MILLISECONDS = 0.95, 20
ROUNDS = 5


def queries(path: Path = QUERIES) -> list[tuple[str, set[str], bool]]:
    """Return each query with the items it means and whether nobody looked at it while words were chosen."""
    found: list[tuple[str, set[str], bool]] = []
    held_out = False
    for line in path.read_text(encoding="utf-8").splitlines():
        held_out = held_out or line == "[held out]"
        query, divider, names = line.partition(" = ")
        if divider and not line.startswith("#"):
            found.append((query, set(names.split()), held_out))
    return found


def address(plan: Plan) -> str:
    """Return the catalogue's database as the service reaches it."""
    return database(plan, "catalog").replace("postgresql://", "postgresql+asyncpg://")


async def hit_rate(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure the share of queries with a wanted item among the first three."""
    engine = make_engine(address(plan))
    hits: dict[bool, list[bool]] = {True: [], False: []}
    try:
        async with make_sessions(engine)() as session:
            for query, names, held_out in queries():
                found = await search(session, ItemFilter(query=query), after=None, limit=3)
                hits[held_out].append(any(row.brief["name"] in names for row in found))
    finally:
        await engine.dispose()
    every = [*hits[True], *hits[False]]
    rate = statistics.mean(every)
    held = statistics.mean(hits[True])
    versus = f"wanted: {WANTED_RATE}; {len(every)} queries, {len(hits[True])} held out: {held:.3f}"
    return Figure(rate, "share", versus, rate / WANTED_RATE)


async def latency(plan: Plan, demo: dict[str, Any]) -> Figure:
    """Measure a search against reading one item by its code."""
    engine = make_engine(address(plan))
    searched, read = [], []
    code = demo["journey"]["journey_item"]
    try:
        async with make_sessions(engine)() as session:
            for _ in range(ROUNDS):
                for query, _, _ in queries():
                    begin = time.perf_counter()
                    await search(session, ItemFilter(query=query), after=None, limit=20)
                    searched.append(time.perf_counter() - begin)
                    begin = time.perf_counter()
                    await item_page(session, code)
                    read.append(time.perf_counter() - begin)
    finally:
        await engine.dispose()
    middle, slow = statistics.median(searched) * 1000, statistics.quantiles(searched, n=20)[-1] * 1000
    one = statistics.median(read) * 1000
    versus = f"one item by code: {one:.2f} ms; p95 {slow:.1f} ms of {WANTED_MILLISECONDS} wanted"
    return Figure(middle, "ms median", versus, one / middle)


FIGURES: dict[str, Measure] = {"catalog.top3_hit_rate": hit_rate, "catalog.search": latency}
