"""Every public event has one sample that producers and consumers agree on."""

import json
import re
from importlib.resources import files

import pytest

from lib_contracts import STREAMS, Event, all_events, stream_of

EVENTS = sorted(all_events().items())
PERSONAL = re.compile(r"(?<!\d)(\d{17}[\dX]|1[3-9]\d{9})(?!\d)")


@pytest.mark.parametrize(("event_type", "event"), EVENTS)
def test_the_sample_is_exactly_what_the_event_writes(event_type: str, event: type[Event]) -> None:
    text = files("lib_contracts").joinpath("samples", f"{event_type}.json").read_text(encoding="utf-8")
    assert json.loads(event.model_validate_json(text).model_dump_json()) == json.loads(text)


@pytest.mark.parametrize(("event_type", "event"), EVENTS)
def test_readers_ignore_members_they_do_not_know(event_type: str, event: type[Event]) -> None:
    text = files("lib_contracts").joinpath("samples", f"{event_type}.json").read_text(encoding="utf-8")
    later = json.dumps({**json.loads(text), "added_later": 1})
    assert event.model_validate_json(later) == event.model_validate_json(text)


@pytest.mark.parametrize(("event_type", "event"), EVENTS)
def test_types_follow_the_naming_rule_and_have_a_stream(event_type: str, event: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+\.[a-z_]+\.v\d+", event_type)
    assert stream_of(event_type) in STREAMS
    assert event.entity in event.model_fields


def test_no_sample_is_left_without_an_event_or_holds_personal_data() -> None:
    samples = [entry for entry in files("lib_contracts").joinpath("samples").iterdir()]
    assert {entry.name for entry in samples} == {f"{event_type}.json" for event_type, _ in EVENTS}
    assert not [entry.name for entry in samples if PERSONAL.search(entry.read_text(encoding="utf-8"))]
