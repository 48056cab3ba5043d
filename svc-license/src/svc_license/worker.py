"""Worker process of svc-license: relay, drafts from approvals, making of licences."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from lib_gm import FieldCipher
from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_license.license.consumers import draft_license
from svc_license.license.issuing import Issuing
from svc_license.license.sisters import ObjectFiles
from svc_license.service import SERVICE
from svc_license.settings import Settings
from svc_license.sister_services import open_sisters
from svc_license.uow import LicenseUnitOfWork


def main() -> None:
    """Run until stopped."""
    settings = Settings()

    @asynccontextmanager
    async def work(runtime: Runtime) -> AsyncGenerator[Work]:
        async with open_sisters(settings) as (catalog, seal):
            issuing = Issuing(
                lambda: LicenseUnitOfWork(runtime.sessions, nudge=runtime.relay.nudge),
                catalog,
                seal,
                ObjectFiles(settings.files_url),
                FieldCipher.from_file(settings.field_keys_file),
                runtime.clock,
            )
            yield Work(
                consumers=[draft_license.given(clock=runtime.clock)],
                duties=[Periodic("issue", issuing.run_once, 0.2)],
            )

    run_worker(SERVICE, settings, work)


if __name__ == "__main__":
    main()
