"""Files that nobody used are forgotten after a while."""

from lib_db import Sessions
from lib_files import FileStore
from lib_kernel import Clock
from svc_catalog.attachment import store
from svc_catalog.attachment.domain import KEPT_UNUSED, path_of

BATCH = 100


async def forget_unused(sessions: Sessions, files: FileStore, clock: Clock) -> int:
    """Delete files uploaded long ago that no application names; return how many."""
    async with sessions.begin() as session:
        gone = await store.take_unused(session, clock.now() - KEPT_UNUSED, BATCH)
    for attachment_id in gone:
        await files.delete(path_of(attachment_id))
    return len(gone)
