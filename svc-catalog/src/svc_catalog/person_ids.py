"""The opaque id of a person whose number another office sends."""

from pathlib import Path

from lib_kernel import Unavailable, person_id

RESIDENT_ID_CARD = "111"


class PersonIdsUnavailable(Unavailable):
    """This process has no key to know persons by."""

    code = "person-ids-unavailable"
    title = "系统未配置人员标识密钥"


class PersonIds:
    """Makes ids from numbers as the gateway does, with the same key."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    @classmethod
    def from_file(cls, path: Path | None) -> "PersonIds":
        """Read the key; without a file nobody can be known."""
        return cls(path.read_bytes().strip() if path is not None else None)

    def of(self, number: str) -> str:
        """Return the id of the holder of a resident ID number. Raises PersonIdsUnavailable."""
        if self._key is None:
            raise PersonIdsUnavailable
        return person_id(self._key, RESIDENT_ID_CARD, number)
