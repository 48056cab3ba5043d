"""Writes or checks the committed `openapi.json` of services: `python -m lib_service.openapi svc_x=path …`."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def document(module: str) -> str:
    """Return the OpenAPI document of `<module>.main` as stable text. No settings are needed for it."""
    main = import_module(f"{module}.main")
    settings: Any = import_module(f"{module}.settings").Settings.model_construct()
    return (
        json.dumps(main.create_app(settings).openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    )


def run(arguments: list[str]) -> int:
    """Write each document, or with `--check` say which ones differ; return the exit code."""
    check = "--check" in arguments
    drifted = []
    for pair in (argument for argument in arguments if "=" in argument):
        module, _, name = pair.partition("=")
        path, text = Path(name), document(module)
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            drifted.append(name)
        elif not check:
            path.write_text(text, encoding="utf-8")
    if drifted:
        sys.stderr.write(f"out of date: {', '.join(drifted)}; run `make openapi` and commit\n")
    return 1 if drifted else 0
