"""Benchmarks: `make bench [ONLY=prefix]`. Each figure is a ratio against something measured in the same run.

Every `bench_*.py` beside this file gives its `FIGURES`. The platform is started in a folder and on ports of
its own. Results go to `.run/bench.json`.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import uvloop
from bench.harness import ROOT, Figure, Measure, platform

from lib_local._plan import Plan


def figures() -> dict[str, Measure]:
    """Return every figure of every module, in order of the modules' names."""
    found: dict[str, Measure] = {}
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        found |= import_module(f"bench.{path.stem}").FIGURES
    return found


def main() -> None:
    """Measure, print each figure as it comes, write the file."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    wanted = {name: measure for name, measure in figures().items() if name.startswith(only)}
    results: dict[str, dict[str, Any]] = {}
    print("starting the platform …", flush=True)
    with platform() as (plan, demo):
        for name, measure in wanted.items():
            results[name] = _as_json(uvloop.run(_measure(measure, plan, demo)))
            print(_line(name, results[name]), flush=True)
    target = Path(os.environ.get("RUN_DIR", ROOT / ".run")) / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _line(name: str, result: dict[str, Any]) -> str:
    ratio = f"{result['ratio']:.3f}" if result["ratio"] is not None else "-"
    line = f"{name:<24}{result['value']:>10.4g} {result['unit']:<12} ratio {ratio:<8} {result['versus']}"
    return line + "".join(f"; {what} {value:g}" for what, value in result["beside"].items())


async def _measure(measure: Measure, plan: Plan, demo: dict[str, Any]) -> Figure:
    return await measure(plan, demo)


def _as_json(figure: Figure) -> dict[str, Any]:
    return {
        "value": round(figure.value, 4),
        "unit": figure.unit,
        "versus": figure.versus,
        "ratio": round(figure.ratio, 3) if figure.ratio is not None else None,
        "beside": {what: round(value, 3) for what, value in figure.beside.items()},
    }


if __name__ == "__main__":
    main()
