"""A database of its own for each test that commits, copied from a template that was migrated once per run."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from lib_db import migrate
from lib_kernel import new_id
from lib_local.servers import Postgres, create_database, drop_database
from lib_testing._servers import PASSWORD, locked, once, start_postgres

Prepare = Callable[[str], Coroutine[Any, Any, object]]


def server() -> Postgres:
    """Return the run's database server, started if need be."""
    noted = once("postgres", start_postgres)
    return Postgres(Path(), noted["port"], PASSWORD)


def template_of(migrations: Path) -> str:
    """Return the name of the template database that has the newest version of these migrations."""
    service = migrations.parent.name
    name = f"template_{service}"
    with locked(name) as folder:
        done = folder / f"{name}.done"
        if not done.exists():
            asyncio.run(create_database(server().url(), name))
            migrate(server().url(name), migrations)
            done.touch()
    return name


def prepared_of(template: str, name: str, prepare: Prepare) -> str:
    """Return the name of a template that is a copy of `template` and was prepared once per run."""
    with locked(name) as folder:
        done = folder / f"{name}.done"
        if not done.exists():
            asyncio.run(create_database(server().url(), name, template=template))
            asyncio.run(prepare(server().url(name)))
            done.touch()
    return name


async def copy_of(template: str) -> str:
    """Return the name of a fresh copy of a template."""
    name = f"test_{new_id().hex}"
    await create_database(server().url(), name, template=template)
    return name


async def drop(name: str) -> None:
    """Drop a copy."""
    await drop_database(server().url(), name)
