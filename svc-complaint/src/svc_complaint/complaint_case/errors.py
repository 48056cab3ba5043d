"""What may be wrong with what is asked of a case."""

from lib_kernel import Conflict, NotAllowed, NotFound


class NoSuchCase(NotFound):
    """There is no such case that the caller may see."""

    code = "case-not-found"
    title = "没有这个诉求"


class NoContact(NotFound):
    """The person left no way to be reached."""

    code = "contact-missing"
    title = "没有留下联系方式"


class CaseOver(Conflict):
    """The case is closed; nothing more can be added."""

    code = "case-closed"
    title = "诉求已办结"


class PartsOpen(Conflict):
    """Co-handling departments have not answered yet."""

    code = "co-handlers-open"
    title = "协办部门尚未反馈"


class NotAsked(NotAllowed):
    """The department was not asked to co-handle, or has answered."""

    code = "not-co-handler"
    title = "本部门没有待反馈的协办任务"


class NothingToDecide(Conflict):
    """There is no open request of this sort on the case."""

    code = "nothing-to-decide"
    title = "没有待处理的事项"


class FourEyes(NotAllowed):
    """Who asked may not decide."""

    code = "four-eyes"
    title = "申请人不能审批自己的申请"


class TooLate(Conflict):
    """The window in which this may be done has passed."""

    code = "too-late"
    title = "已超过期限"


class CallBackMissing(Conflict):
    """The kind wants the case verified and the person called back before staff may close it."""

    code = "call-back-missing"
    title = "须先核实并回访"
