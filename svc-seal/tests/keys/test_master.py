"""Master keys, their rotation, and key providers."""

import asyncio
import base64
import json
from pathlib import Path

import pytest
from seal_office import Office, a_document
from sqlalchemy import select

from lib_db import Sessions
from lib_testing import Clients, FixedClock, running
from svc_seal.authority import open_authority
from svc_seal.keys import KeyUnusable, MasterKeys, MasterKeyUnusable, SoftwareKeys
from svc_seal.main import create_app
from svc_seal.rotate import _rewrap_files, rotate
from svc_seal.seal.store import seal
from svc_seal.settings import Settings

OLD, NEW = base64.b64encode(b"o" * 16).decode(), base64.b64encode(b"n" * 16).decode()


def test_keys_of_a_folder_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    wrapped = MasterKeys.from_folder(tmp_path).wrap(b"secret", "seal:1")
    assert MasterKeys.from_folder(tmp_path).unwrap(wrapped, "seal:1") == b"secret"
    assert (tmp_path / "master.key").stat().st_mode & 0o077 == 0


def test_a_wrapped_key_opens_for_its_owner_only(tmp_path: Path) -> None:
    master = MasterKeys.from_folder(tmp_path)
    wrapped = master.wrap(b"secret", "seal:1")
    for value, label in (
        (wrapped, "seal:2"),
        (wrapped[:-1] + b"x", "seal:1"),
        (b"SMK1:m9:" + b"x" * 40, "1"),
    ):
        with pytest.raises(KeyUnusable):
            master.unwrap(value, label)


def test_two_master_keys_work_side_by_side_until_the_old_is_forgotten(tmp_path: Path) -> None:
    master, other = MasterKeys.from_folder(tmp_path), MasterKeys.from_folder(tmp_path)
    old = master.wrap(b"old", "a")
    assert master.rotate() == "m2"
    # A process that was running learns of the new key by itself, in both directions.
    new = other.wrap(b"new", "a")
    assert new.startswith(b"SMK1:m2:")
    assert (master.unwrap(new, "a"), other.unwrap(old, "a")) == (b"new", b"old")
    assert master.forget_others() == ["m1"]
    with pytest.raises(KeyUnusable):
        MasterKeys.from_folder(tmp_path).unwrap(old, "a")


def test_a_missing_current_key_is_no_reason_to_make_another(tmp_path: Path) -> None:
    MasterKeys.from_folder(tmp_path).rotate()
    (tmp_path / "master-m2.key").unlink()
    with pytest.raises(MasterKeyUnusable, match="m2"):
        MasterKeys.from_folder(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"current": "m1", "keys": {}}',
        '{"current": "m1", "keys": {"m1": "short"}}',
        json.dumps({"current": "m2", "keys": {"m1": OLD}}),
        json.dumps({"current": "x", "keys": {"x": OLD}}),
    ],
)
def test_keys_from_the_environment_are_checked(text: str) -> None:
    with pytest.raises(MasterKeyUnusable):
        MasterKeys.from_json(text)


def test_rotation_in_the_environment_needs_only_the_new_key_beside_the_old(tmp_path: Path) -> None:
    before = MasterKeys.from_json(json.dumps({"current": "m1", "keys": {"m1": OLD}}))
    wrapped = before.wrap(b"secret", "root")
    (tmp_path / "root.key").write_bytes(wrapped)
    both = MasterKeys.from_json(json.dumps({"current": "m2", "keys": {"m1": OLD, "m2": NEW}}))
    assert _rewrap_files(tmp_path, both) == 1
    after = MasterKeys.from_json(json.dumps({"current": "m2", "keys": {"m2": NEW}}))
    assert after.unwrap((tmp_path / "root.key").read_bytes(), "root") == b"secret"
    with pytest.raises(MasterKeyUnusable):
        both.rotate()


def test_keys_wrapped_before_there_were_names_are_the_first_keys(tmp_path: Path) -> None:
    from lib_gm import Sm2PrivateKey, encrypt

    master = MasterKeys.from_folder(tmp_path)
    key = Sm2PrivateKey.generate()
    old = encrypt((tmp_path / "master.key").read_bytes(), key.pem(), b"seal:1")
    assert SoftwareKeys(master).open(old, "seal:1").public_key().spki() == key.public_key().spki()


async def wrapped_keys(sessions: Sessions) -> dict[str, bytes]:
    async with sessions() as session:
        rows = await session.execute(select(seal.c.code, seal.c.wrapped_key))
        return {row[0]: row[1] for row in rows}


async def test_rotation_wraps_every_key_anew_and_issues_no_seal_anew(
    office: Office, settings: Settings, sessions: Sessions, clock: FixedClock, service: Clients
) -> None:
    codes = [f"41040000000{number:02d}" for number in range(3)]
    for code in codes:
        await office.make(code)
    before = {code: (await office.keeper.get(f"/v1/seals/{code}/file")).content for code in codes}
    done = await rotate(settings, clock)
    assert (done.current, done.wrapped, done.deleted) == ("m2", 3 + 4, ("m1",))
    assert all(value.startswith(b"SMK1:m2:") for value in (await wrapped_keys(sessions)).values())
    for code in codes:
        # The running process goes on, with seals that it had not opened yet.
        await office.seal(f"license-{code}", seal_code=code)
        assert (await office.keeper.get(f"/v1/seals/{code}/file")).content == before[code]
    await office.make("4104000000777")
    async with running(create_app(settings, clock)) as again:
        assert await Office(again).seal("license-again", seal_code="4104000000777")
    assert (await rotate(settings, clock, resume=True)).wrapped == 0
    assert (await office.keeper.post("/v1/audit/verification")).json()["whole"]


async def test_a_rotation_that_was_killed_is_finished_by_the_next(
    office: Office, settings: Settings, sessions: Sessions, clock: FixedClock
) -> None:
    await office.make()
    # What a killed run leaves: a new current key, and everything still under the old one.
    open_authority(settings.keys_dir, clock.now()).software.master.rotate()
    await office.make("4104000000777")
    assert {value[:8] for value in (await wrapped_keys(sessions)).values()} == {b"SMK1:m1:", b"SMK1:m2:"}
    done = await rotate(settings, clock, resume=True)
    assert (done.current, done.deleted) == ("m2", ("m1",))
    assert {value[:8] for value in (await wrapped_keys(sessions)).values()} == {b"SMK1:m2:"}
    await office.seal()


async def test_seals_made_while_a_rotation_runs_keep_their_keys(
    office: Office, settings: Settings, clock: FixedClock
) -> None:
    codes = [f"41040000001{number:02d}" for number in range(6)]
    await asyncio.gather(rotate(settings, clock), *(office.make(code) for code in codes))
    async with running(create_app(settings, clock)) as again:
        for code in codes:
            await Office(again).seal(f"license-{code}", a_document(), seal_code=code)
