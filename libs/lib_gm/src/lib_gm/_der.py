"""Reads DER as it was received: every node keeps its own bytes, because signatures are over those."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from asn1crypto import core

UNIVERSAL, CONTEXT = 0, 2
INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = 2, 3, 4, 6, 16, 17
UTF8_STRING, PRINTABLE_STRING, IA5_STRING, UTC_TIME, GENERALIZED_TIME = 12, 19, 22, 23, 24
TEXTS = {UTF8_STRING: "utf-8", PRINTABLE_STRING: "ascii", IA5_STRING: "ascii", 30: "utf-16-be", 20: "latin-1"}


MOST_MEMBERS = 20_000
LONGEST_HEAD = 6  # Tag, and a length of up to four octets.


class NotDer(ValueError):
    """The bytes are no DER, or have another shape than the structure asks for."""


@dataclass(frozen=True)
class Node:
    """One value: `raw` with its header, `content` without."""

    kind: int
    tag: int
    is_constructed: bool
    raw: bytes
    content: bytes

    @classmethod
    def read(cls, data: bytes) -> "Node":
        """Read exactly one value. Raises NotDer when there is less, more, or another encoding than DER."""
        nodes = _nodes(data)
        if len(nodes) != 1:
            raise NotDer("not exactly one value")
        return nodes[0]

    @cached_property
    def children(self) -> "list[Node]":
        """Return the values inside. Raises NotDer for a primitive one."""
        if not self.is_constructed:
            raise NotDer("a primitive value has no members")
        return _nodes(self.content)

    def sequence(self, least: int, most: int) -> "list[Node]":
        """Return the members of a SEQUENCE that has between `least` and `most`."""
        self._expect(SEQUENCE)
        if not least <= len(self.children) <= most:
            raise NotDer("another number of members")
        return self.children

    def integer(self) -> int:
        """Return an INTEGER."""
        self._expect(INTEGER)
        return int.from_bytes(self.content, "big", signed=True)

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER with dots."""
        self._expect(OID)
        return str(core.ObjectIdentifier.load(self.raw).dotted)

    def text(self) -> str:
        """Return a string of any of the usual types."""
        if self.kind != UNIVERSAL or self.tag not in TEXTS:
            raise NotDer("no string")
        return self.content.decode(TEXTS[self.tag])

    def octets(self) -> bytes:
        """Return the bytes of an OCTET STRING, or of a BIT STRING without unused bits: makers mix them."""
        if self.kind == UNIVERSAL and self.tag == BIT_STRING and self.content[:1] == b"\x00":
            return self.content[1:]
        self._expect(OCTET_STRING)
        return self.content

    def moment(self) -> datetime:
        """Return a UTCTime or GeneralizedTime as an aware moment."""
        kinds = {UTC_TIME: core.UTCTime, GENERALIZED_TIME: core.GeneralizedTime}
        if self.kind != UNIVERSAL or self.tag not in kinds:
            raise NotDer("no time")
        moment = kinds[self.tag].load(self.raw).native
        if not isinstance(moment, datetime):
            raise NotDer("no time that a calendar has")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def is_tagged(self, number: int) -> bool:
        """Return whether this is a context-specific value `[number]`."""
        return self.kind == CONTEXT and self.tag == number

    def is_sequence(self) -> bool:
        """Return whether this is a SEQUENCE."""
        return self.kind == UNIVERSAL and self.tag == SEQUENCE

    def _expect(self, tag: int) -> None:
        if self.kind != UNIVERSAL or self.tag != tag:
            raise NotDer("another type of value")


def _nodes(data: bytes) -> list[Node]:
    """Return the values one after another, in the time of reading once: the bytes are a stranger's."""
    found: list[Node] = []
    position = 0
    while position < len(data):
        if len(found) == MOST_MEMBERS:
            raise NotDer("more members than any seal has")
        begin, end = _extent(data, position)
        first, raw = data[position], data[position:end]
        found.append(Node(first >> 6, first & 31, bool(first & 32), raw, data[begin:end]))
        position = end
    return found


def _extent(data: bytes, position: int) -> tuple[int, int]:
    """Return where the content of the value at a position begins and ends."""
    head = data[position : position + LONGEST_HEAD]
    if len(head) < 2 or head[0] & 31 == 31:
        raise NotDer("no DER")
    octets = head[1] & 0x7F if head[1] & 0x80 else 0
    size = int.from_bytes(head[2 : 2 + octets], "big") if octets else head[1]
    if octets > LONGEST_HEAD - 2 or head[1 : 2 + octets] != _length(size):
        raise NotDer("a length is not written as DER wants it")
    begin = position + 2 + octets
    if begin + size > len(data):
        raise NotDer("a value is cut off")
    return begin, begin + size


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    body = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body


def write(tag: int, content: bytes) -> bytes:
    """Return one value in DER; `tag` is the identifier octet."""
    return bytes([tag]) + _length(len(content)) + content


def sequence(*members: bytes) -> bytes:
    """Return a SEQUENCE of encoded members."""
    return write(0x30, b"".join(members))


def bits(content: bytes) -> bytes:
    """Return a BIT STRING without unused bits."""
    return write(BIT_STRING, b"\x00" + content)
