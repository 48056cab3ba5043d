"""Asks the departments about one pupil; keeps what was learnt when some of them are away."""

import asyncio
from collections.abc import Mapping
from typing import Any

from svc_catalog.enrolment.domain import Source
from svc_catalog.enrolment.ports import DepartmentData, ServiceAway

Facts = dict[str, dict[str, Any]]


async def gather_facts(
    content: Mapping[str, Any], known: Facts, departments: DepartmentData
) -> tuple[Facts, list[Source]]:
    """Return all facts and the sources that are away; only what is not known yet is asked.

    Household and vaccination are asked at once, the property once the household's address is known, the
    school district once it is known where the family lives.
    """
    facts, away = dict(known), list[Source]()
    pupil, guardian = content["pupil"]["number"], content["guardian"]["number"]

    async def learn(source: Source, question: Mapping[str, str]) -> None:
        if source.value in facts:
            return
        try:
            facts[source.value] = await departments.ask(source, question)
        except ServiceAway:
            away.append(source)

    await asyncio.gather(
        learn(Source.HOUSEHOLD, {"pupil": pupil, "guardian": guardian}),
        learn(Source.VACCINATION, {"pupil": pupil}),
    )
    if Source.HOUSEHOLD.value not in facts:
        return facts, [*away, Source.PROPERTY, Source.DISTRICT]
    registered = str(facts[Source.HOUSEHOLD.value].get("address_code", ""))
    await learn(Source.PROPERTY, {"guardian": guardian, "address_code": registered})
    if Source.PROPERTY.value not in facts:
        return facts, [*away, Source.DISTRICT]
    lives = str(facts[Source.PROPERTY.value].get("address_code") or registered)
    await learn(Source.DISTRICT, {"address_code": lives})
    return facts, away
