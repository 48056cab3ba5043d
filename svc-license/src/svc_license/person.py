"""The key with which a person's number becomes the id that the whole platform knows them by."""

from dataclasses import dataclass
from pathlib import Path

from lib_kernel import person_id


@dataclass(frozen=True)
class PersonKey:
    """Makes person ids from numbers."""

    value: bytes

    @classmethod
    def from_file(cls, path: Path) -> "PersonKey":
        """Read the key as the gateway does: the bytes of the file without the space around them."""
        return cls(path.read_bytes().strip())

    def id_of(self, number: str, id_type: str = "111") -> str:
        """Return the id of whoever has a resident ID number."""
        return person_id(self.value, id_type, number)
