"""`python -m lib_local run | token NAME | clock +2h | clock reset | clean`."""

import argparse
import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

from lib_local._plan import Plan, PortTaken
from lib_local._platform import AlreadyRunning, fail, run
from lib_local._supervisor import DidNotStart

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def plan_here() -> Plan:
    """Return the plan of the checkout in the current folder; RUN_DIR and PORT_BASE change it."""
    root = Path.cwd()
    folder = Path(os.environ.get("RUN_DIR", root / ".run")).resolve()
    return Plan(root, folder, int(os.environ.get("PORT_BASE", "8000")))


def print_token(plan: Plan, name: str) -> int:
    """Print the access token of a demo user."""
    path = plan.folder / "demo.json"
    if not path.exists():
        sys.stderr.write("the platform does not run: make run\n")
        return 1
    channels = json.loads(path.read_text(encoding="utf-8"))["channels"]
    known = {**channels["mobile"], **channels["staff"]}
    if name not in known:
        sys.stderr.write(f"unknown name; known are: {', '.join(sorted(known))}\n")
        return 1
    print(known[name]["token"])
    return 0


def move_clock(plan: Plan, by: str) -> int:
    """Move the business clock of the running platform, or set it right again."""
    if by == "reset":
        plan.clock_file.unlink(missing_ok=True)
        return 0
    found = re.fullmatch(r"([+-]?\d+)([smhd])", by)
    if found is None:
        sys.stderr.write("say how far, like +2h, -30m or +1d, or reset\n")
        return 1
    offset = float(found[1]) * UNITS[found[2]]
    if plan.clock_file.exists():
        offset += json.loads(plan.clock_file.read_text())["offset_seconds"]
    draft = plan.clock_file.with_suffix(".tmp")
    draft.write_text(json.dumps({"offset_seconds": offset}))
    draft.rename(plan.clock_file)
    return 0


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="lib_local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the whole platform")
    commands.add_parser("clean", help="forget all data of the local run")
    commands.add_parser("token", help="print a demo user's token").add_argument("name")
    commands.add_parser("clock", help="move the business clock").add_argument("by")
    arguments = parser.parse_args()
    plan = plan_here()
    if arguments.command == "token":
        return print_token(plan, arguments.name)
    if arguments.command == "clock":
        return move_clock(plan, arguments.by)
    if arguments.command == "clean":
        shutil.rmtree(plan.folder, ignore_errors=True)
        return 0
    try:
        asyncio.run(run(plan))
    except (PortTaken, AlreadyRunning, DidNotStart, RuntimeError) as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
