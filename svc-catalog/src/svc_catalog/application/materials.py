"""Which materials are there: handed in, shown at a window, or proven so that nobody need bring them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from lib_kernel import Conflict
from svc_catalog.application.plan import CasePlan, NeededMaterial


class MaterialsMissing(Conflict):
    """Required materials are neither handed in nor proven."""

    code = "materials-missing"
    title = "材料不齐全"


class Source(StrEnum):
    """How a material is there."""

    APPLICANT = "applicant"
    WINDOW = "window"
    WALLET = "wallet"
    DEPARTMENT_DATA = "department_data"


@dataclass(frozen=True)
class Material:
    """A material of an application; `attachment_id` when it was uploaded, `proof` says the rest."""

    name: str
    source: Source
    proof: str = ""
    attachment_id: UUID | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the material as it is kept with the application."""
        return {
            "name": self.name,
            "source": self.source.value,
            "proof": self.proof,
            "attachment_id": str(self.attachment_id) if self.attachment_id else None,
        }


@dataclass(frozen=True)
class Holding:
    """A valid licence of the applicant."""

    type_code: str
    license_id: str
    name: str


@dataclass(frozen=True)
class Wallet:
    """What the wallet service said; `is_away` when it did not answer."""

    holdings: Mapping[str, Holding] = field(default_factory=dict)
    is_away: bool = False


def unproven(plan: CasePlan, given: Iterable[Material]) -> list[NeededMaterial]:
    """Return the required materials that were not handed in."""
    named = {material.name for material in given}
    return [needed for needed in plan.materials if needed.name not in named]


def types_asked(lacking: Iterable[NeededMaterial]) -> list[str]:
    """Return the licence types that would prove what is lacking."""
    return list(dict.fromkeys(needed.satisfied_by for needed in lacking if needed.satisfied_by))


def complete(
    plan: CasePlan, given: Sequence[Material], wallet: Wallet
) -> tuple[list[Material], list[dict[str, Any]]]:
    """Return all materials and the findings of the pre-check.

    Raises:
        MaterialsMissing: something required is neither handed in nor proven; says when the wallet was away.
    """
    materials, findings, missing = proven(plan, given, wallet)
    if missing:
        away = "（电子证照库暂不可用，未能核验，请上传或稍后再试）" if _away(findings) else ""
        raise MaterialsMissing("还缺少：" + "、".join(missing) + away, missing=missing, findings=findings)
    return materials, findings


def proven(
    plan: CasePlan, given: Sequence[Material], wallet: Wallet
) -> tuple[list[Material], list[dict[str, Any]], list[str]]:
    """Return materials with those that the wallet proves, the findings, and what is missing."""
    materials, missing, findings = list(given), list[str](), list[dict[str, Any]]()
    for needed in unproven(plan, given):
        held = wallet.holdings.get(needed.satisfied_by or "")
        if held is not None:
            materials.append(Material(needed.name, Source.WALLET, f"license:{held.license_id}"))
            text = f"由电子证照“{held.name}”证明，无需提交"
            findings.append({"code": "proven-by-wallet", "material": needed.name, "text": text})
            continue
        missing.append(needed.name)
        if needed.satisfied_by and wallet.is_away:
            text = "电子证照库暂不可用，未能证明该材料"
            findings.append({"code": "wallet-away", "material": needed.name, "text": text})
        else:
            findings.append(
                {"code": "missing", "material": needed.name, "text": "未提交，也没有可用的电子证照"}
            )
    return materials, findings, missing


def _away(findings: Iterable[Mapping[str, Any]]) -> bool:
    return any(finding["code"] == "wallet-away" for finding in findings)
