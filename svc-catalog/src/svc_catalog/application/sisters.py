"""svc-license over HTTP: what the applicant's wallet proves."""

import asyncio
from collections.abc import Iterable

from lib_kernel import DomainError
from lib_web import SisterClient
from svc_catalog.application.materials import Holding
from svc_catalog.application.ports import WalletAway

PATIENCE_SECONDS = 2.0


class LicenseWallet:
    """The wallet as svc-license keeps it."""

    def __init__(self, client: SisterClient, patience: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._patience = patience

    async def holdings(self, person_id: str, types: Iterable[str]) -> list[Holding]:
        """Return the valid licences of these types. Raises WalletAway."""
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._client.get(
                    "/v1/holdings", person_id=person_id, license_types=list(types)
                )
            return [
                Holding(found["type_code"], str(found["license_id"]), found["name"])
                for found in answer["items"]
            ]
        except (DomainError, TimeoutError, KeyError, TypeError, ValueError) as error:
            raise WalletAway from error


class NoWallet:
    """Where svc-license is not connected: nothing is proven, and that is said."""

    async def holdings(self, person_id: str, types: Iterable[str]) -> list[Holding]:
        """Raise WalletAway."""
        raise WalletAway
