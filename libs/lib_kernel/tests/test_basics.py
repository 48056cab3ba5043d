"""Ids, clock, lifecycle, errors."""

import json
import os
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest

import lib_kernel
from lib_kernel import IllegalMove, NotFound, ShiftableClock, SystemClock, clock_from, move, new_id, person_id


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


def test_ids_are_version_7_and_ordered_by_time() -> None:
    made = [new_id() for _ in range(3)]
    assert {value.version for value in made} == {7}
    assert made[0].int >> 80 <= made[2].int >> 80


def test_a_person_is_the_same_whatever_the_case_and_another_under_another_key() -> None:
    assert person_id(b"k", "111", "11010519491231002x ") == person_id(b"k", "111", "11010519491231002X")
    assert person_id(b"k", "111", "11010519491231002X") != person_id(b"q", "111", "11010519491231002X")


def test_the_shifted_clock_follows_its_file(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 4, tzinfo=UTC)
    path = tmp_path / "clock.json"
    clock = ShiftableClock(path, base=lambda: moment)
    assert clock.now() == moment
    for turn, hours in enumerate((2, -5)):
        path.write_text(json.dumps({"offset_seconds": hours * 3600}))
        os.utime(path, ns=(turn, turn))
        assert clock.now() == moment + timedelta(hours=hours)
    path.unlink()
    assert clock.now() == moment


def test_without_a_file_the_clock_is_the_machines() -> None:
    assert isinstance(clock_from(None), SystemClock)
    assert clock_from(None).now().tzinfo is UTC


def test_an_unlisted_move_names_what_is_allowed() -> None:
    table = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset[Light]()}
    assert move(Light.RED, Light.GREEN, table) is Light.GREEN
    with pytest.raises(IllegalMove) as refused:
        move(Light.GREEN, Light.RED, table)
    assert refused.value.facts == {"current": "green", "wanted": "red", "allowed": []}


def test_an_error_without_detail_says_its_title() -> None:
    assert NotFound().detail == NotFound.title


def test_every_exported_name_exists() -> None:
    assert all(hasattr(lib_kernel, name) for name in lib_kernel.__all__)
