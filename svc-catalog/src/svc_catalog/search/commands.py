"""Say what an everyday expression means."""

from collections.abc import Sequence

from lib_kernel import Clock, Invalid
from svc_catalog.search.domain import LONGEST_SYNONYM, normalise
from svc_catalog.search.ports import UnitOfWork


async def say_synonym(word: str, means: Sequence[str], by: str, *, uow: UnitOfWork, clock: Clock) -> str:
    """Keep what an expression means and return it as it is compared; searching knows it at once.

    Without meanings the expression is not looked for any more.
    """
    plain = normalise(word)
    if not 0 < len(plain) <= LONGEST_SYNONYM:
        raise Invalid(f"口语词为 1 至 {LONGEST_SYNONYM} 个字", field="word")
    async with uow:
        await uow.synonyms.put(plain, means, by)
        await uow.audit.note(by, "synonym.say", plain, clock.now(), {"means": "、".join(means)})
        await uow.commit()
    return plain
