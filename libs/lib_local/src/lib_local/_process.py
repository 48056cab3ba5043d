"""Starting child processes so that none outlives its parent, and running a server without root's rights."""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
UNPRIVILEGED = "nobody"


class CannotDropRights(RuntimeError):
    """A server that refuses to run as root cannot reach its files as another user here."""


def die_with_parent(number: int = signal.SIGTERM) -> Callable[[], None] | None:
    """Return a `preexec_fn` that makes the kernel send the signal when the parent is gone; None off Linux."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return arrange


def give_to_unprivileged(path: Path) -> None:
    """As root, make the unprivileged account the owner of a file or of an empty folder."""
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, account.pw_uid, account.pw_gid)


def without_root(
    command: Sequence[str], *paths: Path, death_signal: int = signal.SIGTERM
) -> tuple[list[str], dict[str, Any]]:
    """Return the command and `Popen` options that run it without root's rights.

    As an ordinary user both stay as they are. As root the unprivileged account runs it; when folders above
    `paths` are closed to others, it keeps the one right to pass through them (a capability, by setpriv).

    Raises:
        CannotDropRights: the folders are closed and setpriv is not installed.
    """
    if os.geteuid() != 0:
        return list(command), {}
    account = pwd.getpwnam(UNPRIVILEGED)
    if all(_passable(path) for path in paths):
        return list(command), {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotDropRights(
            f"folders above {paths[0]} are closed to other users: move the checkout or install setpriv"
        )
    # Changing the user forgets what `die_with_parent` arranged, so setpriv arranges it again.
    name = signal.Signals(death_signal).name.removeprefix("SIG")
    drop = [
        setpriv,
        f"--pdeathsig={name}",
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
    ]
    # Without the last option access(2), which initdb asks, would not count the right that was kept.
    keep = [
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",
    ]
    return [*drop, *keep, "--", *command], {}


def _passable(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [*path.resolve().parents])


def exited(process: subprocess.Popen[bytes], *, within: float) -> bool:
    """Return whether the process ends within so many seconds."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def run_quietly(command: Sequence[str], **options: Any) -> None:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; the message has its last lines.
    """
    done = subprocess.run(list(command), capture_output=True, text=True, check=False, **options)  # noqa: S603 - our own commands
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{tail}")
