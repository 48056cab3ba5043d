"""The demo's people: citizens, staff, a bank and a terminal."""

from dataclasses import dataclass, field

from lib_kernel import citizen_id_check

BANK = "psbc-demo"
BANK_KEY_ID = "psbc-demo-1"
BANK_SM2_KEY_ID = "psbc-demo-sm2"
SANDBOX = "psbc-sandbox"
SANDBOX_KEY_ID = "psbc-sandbox-1"
SANDBOX_SM2_KEY_ID = "psbc-sandbox-sm2"
KIOSK = "kiosk-410422-01"
PARTNER_CITY = "320583"
PARTNER_CITY_KEY_ID = "kunshan-1"


@dataclass(frozen=True)
class Person:
    """Someone whom the demo identity provider knows. Numbers are well formed and nobody's."""

    user: str
    name: str
    id_number: str = ""
    staff_id: str = ""
    roles: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    channels: tuple[str, ...] = field(default=("staff",))


def _number(first_17: str) -> str:
    return first_17 + citizen_id_check(first_17)


def people(department: str, point: str) -> list[Person]:
    """Return the demo's people; staff work for the journey's department and service point."""
    everyday = ("pc", "mobile")
    return [
        Person("citizen_a", "李明", _number("41042219900307001"), channels=everyday),
        Person("citizen_b", "王芳", _number("41040219880912002"), channels=everyday),
        Person(
            "enterprise_agent",
            "张伟",
            _number("41042119850520003"),
            roles=("enterprise_agent",),
            channels=everyday,
        ),
        Person("clerk", "窗口人员", staff_id="s_clerk", roles=("clerk",), points=(point,)),
        Person("officer", "审批人员", staff_id="s_officer", roles=("officer",), orgs=(department,)),
        Person(
            "item_editor", "事项管理员", staff_id="s_item_editor", roles=("item_editor",), orgs=(department,)
        ),
        Person("item_reviewer", "事项审核员", staff_id="s_item_reviewer", roles=("item_reviewer",)),
        Person("seal_keeper", "印章管理员", staff_id="s_keeper", roles=("seal_keeper",)),
        Person(
            "case_handler",
            "诉求办理员",
            staff_id="s_handler",
            roles=("case_handler", "dispatcher"),
            orgs=(department,),
        ),
        Person("leader", "分管领导", staff_id="s_leader", roles=("leader",)),
        Person("admin", "系统管理员", staff_id="s_admin", roles=("admin",)),
    ]
