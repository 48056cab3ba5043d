"""Writes ZIP archives (APPNOTE 6.3, §4.3) of small files, the form of an OFD package.

The standard library's writer takes longer over a dozen entries than SM2 takes to sign them, and has no way to
carry an entry over as it is packed.
"""

import struct
import zipfile
import zlib

LOCAL_HEADER = struct.Struct("<4s5H3I2H")
CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
VERSION, UNIX = 20, 3 << 8
IS_UTF8 = 0x800
READABLE = 0o644 << 16
# Always the same moment, midnight of 2020-01-01: the same files give the same bytes.
TIME, DATE = 0, (2020 - 1980) << 9 | 1 << 5 | 1


class ZipWriter:
    """Collects entries; `finish` gives the archive. Everything together stays below 4 GiB."""

    def __init__(self) -> None:
        self._entries = bytearray()
        self._directory = bytearray()
        self._count = 0

    def pack(self, name: str, content: bytes, *, is_packed: bool) -> None:
        """Add a file, deflated unless it is packed already. `name` may begin with a slash."""
        if is_packed:
            method, packed = zipfile.ZIP_STORED, content
        else:
            deflate = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
            method, packed = zipfile.ZIP_DEFLATED, deflate.compress(content) + deflate.flush()
        self.add(name, packed, method, zlib.crc32(content), len(content))

    def add(self, name: str, packed: bytes, method: int, crc: int, size: int) -> None:
        """Add an entry that is packed; `crc` and `size` are those of the content."""
        encoded = name.lstrip("/").encode()
        flags = 0 if encoded.isascii() else IS_UTF8
        facts = (flags, method, TIME, DATE, crc, len(packed), size, len(encoded))
        begin = len(self._entries)
        self._entries += LOCAL_HEADER.pack(b"PK\x03\x04", VERSION, *facts, 0) + encoded + packed
        self._directory += CENTRAL_HEADER.pack(
            b"PK\x01\x02", UNIX | VERSION, VERSION, *facts, 0, 0, 0, 0, READABLE, begin
        )
        self._directory += encoded
        self._count += 1

    def finish(self) -> bytes:
        """Return the archive."""
        sizes = (len(self._directory), len(self._entries))
        end = END.pack(b"PK\x05\x06", 0, 0, self._count, self._count, *sizes, 0)
        return bytes(self._entries + self._directory + end)
