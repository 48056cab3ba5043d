"""Item pages as they were last written out, good as long as the rows they were made of are the same."""

from dataclasses import dataclass

from lib_db import Sessions, driver
from lib_web import etag_of
from svc_catalog.item.schemas import ItemOut
from svc_catalog.item.store import ROWS_OF_PAGE, page_of

MOST_KEPT = 1000


@dataclass(frozen=True)
class Page:
    """A page with its tag; `rows` names the versions of the rows it was made of."""

    rows: str
    body: bytes
    tag: str


class ItemPages:
    """Asks for the versions of the rows each time, and makes a page anew only when they changed."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._kept: dict[str, Page] = {}

    async def get(self, code: str) -> Page:
        """Return the page of an item. Raises NoSuchItem."""
        async with self._sessions() as session:
            async with driver(session) as connection:
                rows = await connection.fetchval(ROWS_OF_PAGE, code)
            known = self._kept.get(code)
            if known is not None and known.rows == rows:
                return known
            # Read after the versions: a change in between makes the page newer than they say, never older.
            answer = ItemOut.model_validate(await page_of(session, code))
        body = answer.model_dump_json().encode()
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        page = self._kept[code] = Page(rows, body, etag_of(body))
        return page
