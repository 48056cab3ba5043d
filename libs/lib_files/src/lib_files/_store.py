"""Where files are kept: a local folder or S3-compatible storage, as the address says."""

from pathlib import Path

from obstore.store import LocalStore, ObjectStore, from_url

from lib_kernel import NotFound


class FileMissing(NotFound):
    """There is no such file in the store."""

    code = "file-missing"
    title = "文件不存在"


class FileStore:
    """Files by path. `url` is `file:///…` or `s3://…`; S3 settings come from the usual AWS_ variables."""

    def __init__(self, url: str) -> None:
        self._store: ObjectStore = _open(url)

    async def put(self, path: str, data: bytes) -> None:
        """Keep a file; one that is there already is replaced."""
        await self._store.put_async(path, data)

    async def get(self, path: str) -> bytes:
        """Return a file. Raises FileMissing."""
        try:
            return bytes(await (await self._store.get_async(path)).bytes_async())
        except FileNotFoundError as error:
            raise FileMissing from error

    async def delete(self, path: str) -> None:
        """Forget a file; it need not be there."""
        try:
            await self._store.delete_async(path)
        except FileNotFoundError:
            return


def _open(url: str) -> ObjectStore:
    if url.startswith("file://"):
        return LocalStore(Path(url.removeprefix("file://")), mkdir=True)
    return from_url(url)
