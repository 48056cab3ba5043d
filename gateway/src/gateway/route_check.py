"""Checks the route table against the services' own documents: `python -m gateway.route_check name=path …`.

An operation of the table that its service does not have (any more) is named, and the check fails.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.channel_docs import operation_of
from gateway.routes import TABLE
from gateway.routing import RouteTable, read_table


def missing(table: RouteTable, documents: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Yield each operation of the table that the document of its service does not have."""
    for route in table.routes:
        document = documents.get(route.service)
        if document is not None and operation_of(document, route) is None:
            yield f"{route.method} {route.target} ({route.service})"


def main(arguments: list[str]) -> int:
    """Check the documents given as `service=path`; return the exit code."""
    documents = {}
    for name, _, path in (argument.partition("=") for argument in arguments):
        documents[name.removeprefix("svc_")] = json.loads(Path(path).read_text(encoding="utf-8"))
    gone = list(missing(read_table(TABLE), documents))
    for operation in gone:
        sys.stderr.write(f"no service has the operation: {operation}\n")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
