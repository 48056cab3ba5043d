"""The lifecycle of drafts."""

from itertools import product
from typing import Any

import pytest

from lib_kernel import Conflict, IllegalMove, Invalid, StaleVersion, move
from lib_testing import WEDNESDAY
from svc_catalog.item_draft.domain import NEXT, OPEN, FourEyes, ItemIncomplete, Status, new_draft


@pytest.mark.parametrize(("current", "wanted"), list(product(Status, Status)))
def test_only_listed_moves_are_allowed(current: Status, wanted: Status) -> None:
    if wanted in NEXT[current]:
        assert move(current, wanted, NEXT) is wanted
    else:
        with pytest.raises(IllegalMove):
            move(current, wanted, NEXT)


def test_closed_drafts_are_those_that_go_nowhere() -> None:
    assert {status for status in Status if NEXT[status]} == OPEN


def a_draft(**data: Any) -> Any:
    return new_draft({"code": "1", "department": "D", **data}, 0, "writer", WEDNESDAY)


def test_an_incomplete_draft_is_not_submitted_and_all_is_named() -> None:
    draft = a_draft()
    with pytest.raises(ItemIncomplete) as caught:
        draft.submit("writer", WEDNESDAY, {})
    assert len(caught.value.facts["errors"]) > 30
    assert draft.status is Status.DRAFT


@pytest.mark.parametrize("reviewer", ["writer", "second", "submitter"])
def test_nobody_who_wrote_or_submitted_it_approves_it(reviewer: str) -> None:
    draft = a_draft()
    draft.edit({"code": "1", "department": "D"}, "second", WEDNESDAY)
    draft.status, draft.submitted_by = Status.IN_REVIEW, "submitter"
    with pytest.raises(FourEyes):
        draft.approve(reviewer, WEDNESDAY, None)
    draft.approve("reviewer", WEDNESDAY, None)
    assert draft.is_due(WEDNESDAY)


def test_the_code_stays_and_only_drafts_are_edited() -> None:
    draft = a_draft()
    with pytest.raises(Invalid):
        draft.edit({"code": "2"}, "writer", WEDNESDAY)
    draft.status = Status.IN_REVIEW
    with pytest.raises(Conflict):
        draft.edit({"code": "1"}, "writer", WEDNESDAY)


def test_another_revision_is_stale() -> None:
    draft = a_draft()
    draft.check_revision(1)
    draft.edit({"code": "1"}, "writer", WEDNESDAY)
    with pytest.raises(StaleVersion):
        draft.check_revision(1)


def test_a_draft_needs_a_code() -> None:
    with pytest.raises(Invalid):
        new_draft({}, 0, "writer", WEDNESDAY)
