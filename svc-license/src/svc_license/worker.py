"""Worker process of svc-license: relay, drafts, making of licences, imports, expiry, exchange."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_files import FileStore
from lib_gm import FieldCipher
from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_license.checking.duties import Forgetting
from svc_license.exchange.duties import Exchanging
from svc_license.license.consumers import draft_licenses, follow_seal, go_on
from svc_license.license.duties import Expiry, Indexing
from svc_license.license.issuing import Issuing
from svc_license.person import PersonKey
from svc_license.presentation.duties import ForgettingCodes
from svc_license.service import SERVICE
from svc_license.settings import Settings
from svc_license.sister_services import open_province, open_sisters
from svc_license.stock.duties import Importing
from svc_license.uow import LicenseUnitOfWork


def main() -> None:
    """Run until stopped."""
    settings = Settings()

    @asynccontextmanager
    async def work(runtime: Runtime) -> AsyncGenerator[Work]:
        def open_work() -> LicenseUnitOfWork:
            return LicenseUnitOfWork(runtime.sessions, nudge=runtime.relay.nudge)

        clock, sessions = runtime.clock, runtime.sessions
        cipher, files = FieldCipher.from_file(settings.field_keys_file), FileStore(settings.files_url)
        async with open_sisters(settings) as (catalog, seal), open_province(settings) as province:
            issuing = Issuing(open_work, catalog, seal, files, cipher, clock, settings.public_origin)
            key = PersonKey.from_file(settings.person_id_key_file)
            importing = Importing(open_work, files, cipher, key, clock)
            duties = [
                Periodic("issue", issuing.run_once, 0.2),
                # Old stock waits whenever there is something else to do: a pause after each.
                Periodic("draw-stock", issuing.draw_one, 1.0),
                Periodic("import-stock", importing.run_once, 2.0),
                Periodic("expire", Expiry(open_work, clock).run_once, 60.0),
                Periodic("index-holders", Indexing(open_work, cipher).run_once, 3600.0),
                Periodic("forget-attempts", Forgetting(sessions, clock).run_once, 600.0),
                Periodic("forget-codes", ForgettingCodes(sessions, clock).run_once, 3600.0),
            ]
            if province is not None:
                exchanging = Exchanging(sessions, province, cipher, clock)
                duties.append(Periodic("exchange", exchanging.send_once, 2.0))
                duties.append(Periodic("reconcile", exchanging.reconcile_once, 900.0))
            consumers = [handler.given(clock=clock) for handler in (draft_licenses, follow_seal, go_on)]
            yield Work(consumers=consumers, duties=duties)

    run_worker(SERVICE, settings, work)


if __name__ == "__main__":
    main()
