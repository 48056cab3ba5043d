"""Worker process of svc-catalog: relay, consumers, deadlines, publications that are due."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from lib_gm import FieldCipher
from lib_messaging import Periodic
from lib_service import Runtime, Work, run_worker
from svc_catalog.application import duties
from svc_catalog.application.consumers import keep_license
from svc_catalog.attachment.duties import forget_unused
from svc_catalog.draft.duties import forget_old
from svc_catalog.enrolment.duties import check_pupils
from svc_catalog.exchange.consumers import tellers, transfer_accepted
from svc_catalog.exchange.duties import send_messages
from svc_catalog.handover.duties import follow_parcels
from svc_catalog.item_draft.duties import publish_drafts
from svc_catalog.outside import open_outside
from svc_catalog.service import SERVICE
from svc_catalog.settings import Settings
from svc_catalog.uow import CatalogUnitOfWork

DEADLINES_SECONDS = 5.0
PARCELS_SECONDS = 60.0
SOON_SECONDS = 1.0
FILES_SECONDS = 3600.0


@asynccontextmanager
async def work(settings: Settings, runtime: Runtime) -> AsyncGenerator[Work]:
    """Yield the handlers of other services' events and what time brings."""

    def open_work() -> CatalogUnitOfWork:
        return CatalogUnitOfWork(runtime.sessions, nudge=runtime.relay.nudge)

    async with open_outside(settings) as outside:
        sessions, clock = runtime.sessions, runtime.clock
        cipher = FieldCipher.from_file(settings.field_keys_file)
        yield Work(
            consumers=[
                keep_license.given(clock=clock),
                transfer_accepted.given(cipher=cipher, clock=clock),
                *(teller.given(cipher=cipher, clock=clock) for teller in tellers()),
            ],
            duties=[
                *(
                    Periodic(duty.__name__, partial(duty, open_work, clock), DEADLINES_SECONDS)
                    for duty in (duties.show_yellow, duties.show_red, duties.deem_accepted)
                ),
                Periodic(
                    "follow-parcels",
                    partial(follow_parcels, open_work, sessions, outside.carrier, clock),
                    PARCELS_SECONDS,
                ),
                Periodic(
                    "forget-files", partial(forget_unused, sessions, outside.files, clock), FILES_SECONDS
                ),
                Periodic("publish-items", partial(publish_drafts, open_work, clock), DEADLINES_SECONDS),
                Periodic(
                    "check-pupils",
                    partial(check_pupils, open_work, sessions, outside.departments, cipher, clock),
                    SOON_SECONDS,
                ),
                Periodic(
                    "send-to-partners",
                    partial(send_messages, open_work, outside.partners, cipher, clock),
                    SOON_SECONDS,
                ),
                Periodic("forget-drafts", partial(forget_old, sessions, clock), FILES_SECONDS),
            ],
        )


def main() -> None:
    """Run until stopped."""
    settings = Settings()
    run_worker(SERVICE, settings, partial(work, settings))


if __name__ == "__main__":
    main()
