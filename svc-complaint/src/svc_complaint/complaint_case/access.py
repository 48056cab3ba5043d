"""Who may see and touch which case."""

from lib_kernel import NotAllowed
from lib_web import Caller, CallerKind
from svc_complaint.complaint_case.commands import Check
from svc_complaint.complaint_case.domain import Case
from svc_complaint.complaint_case.errors import NoSuchCase

# These see every case; the others only their departments'.
CITY_WIDE = frozenset({"dispatcher", "supervisor", "leader", "admin"})


def own(caller: Caller) -> Check:
    """Return the check that the case is the citizen's own; others' do not exist for them."""

    def check(case: Case) -> None:
        if case.person_id is None or case.person_id != caller.person_id:
            raise NoSuchCase

    return check


def of_lead(caller: Caller) -> Check:
    """Return the check that the case was given to the caller's department."""
    return lambda case: caller.check_org(case.department or "")


def involved(caller: Caller) -> Check:
    """Return the check that the caller's department leads or co-handles the case, or that all are theirs."""

    def check(case: Case) -> None:
        if caller.roles & CITY_WIDE:
            return
        departments = {case.department, *(part["department"] for part in case.parts)}
        if not departments & caller.orgs and case.helper != caller.subject:
            raise NotAllowed("您没有该部门的权限", department=case.department)

    return check


def leading(caller: Caller) -> Check:
    """Return the check for what the lead department does, and city-wide staff may do too."""
    return anyone if caller.roles & CITY_WIDE else of_lead(caller)


def of_department(caller: Caller, department: str) -> Check:
    """Return the check that the caller speaks for a department."""
    return lambda _case: caller.check_org(department)


def may_see(caller: Caller) -> Check:
    """Return the check that the caller may see the case."""
    return own(caller) if caller.kind is CallerKind.CITIZEN else involved(caller)


def anyone(_case: Case) -> None:
    """Let everyone with the role do it."""


def sees_whole(caller: Caller, case: Case) -> bool:
    """Return whether the caller needs what the person wrote unmasked: the lead department's handlers do."""
    return "case_handler" in caller.roles and (case.department or "") in caller.orgs
