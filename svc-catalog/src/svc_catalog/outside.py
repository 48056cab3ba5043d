"""Opens what svc-catalog reaches outside itself: wallet, files, post, departments, partner cities."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from lib_files import FileStore, NoScanner
from lib_partner import SigningKey
from lib_web import InternalTokenSigner, SisterClient
from svc_catalog.application.ports import WalletService
from svc_catalog.application.sisters import LicenseWallet, NoWallet
from svc_catalog.delivery.carriers import HttpCarrier, NoCarrier
from svc_catalog.delivery.ports import Carrier
from svc_catalog.enrolment.departments import HttpDepartments, NoDepartments
from svc_catalog.exchange.partners import HttpPartners, NoPartners
from svc_catalog.exchange.ports import Partners
from svc_catalog.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What is reached, by port."""

    wallet: WalletService
    files: FileStore
    scanner: NoScanner
    carrier: Carrier
    departments: HttpDepartments | NoDepartments
    partners: Partners

    def components(self) -> dict[type, object]:
        """Return what handlers ask for."""
        return {LicenseWallet: self.wallet, FileStore: self.files, NoScanner: self.scanner}


@asynccontextmanager
async def open_outside(settings: Settings) -> AsyncGenerator[Outside]:
    """Yield the connections; requests to sister services are vouched for as `svc-catalog`."""
    async with AsyncExitStack() as stack:
        wallet: WalletService = NoWallet()
        if settings.license_url and settings.internal_signing_key_file is not None:
            signer = InternalTokenSigner.from_file("svc-catalog", settings.internal_signing_key_file)
            client = SisterClient("svc-catalog", settings.license_url, signer)
            stack.push_async_callback(client.aclose)
            wallet = LicenseWallet(client)
        carrier: Carrier = NoCarrier()
        if settings.carrier_url:
            http = HttpCarrier(settings.carrier_url)
            stack.push_async_callback(http.aclose)
            carrier = http
        departments: HttpDepartments | NoDepartments = NoDepartments()
        if settings.departments_url:
            departments = HttpDepartments(settings.departments_url)
        stack.push_async_callback(departments.aclose)
        partners: Partners = NoPartners()
        if settings.exchange_key_file is not None:
            pem = settings.exchange_key_file.read_bytes()
            key = SigningKey(settings.exchange_key_id, "ed25519", pem)
            cities = HttpPartners(settings.exchange_partners, key)
            stack.push_async_callback(cities.aclose)
            partners = cities
        files = FileStore(settings.files_url)
        yield Outside(wallet, files, NoScanner(), carrier, departments, partners)
