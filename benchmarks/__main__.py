"""`python -m benchmarks [NAME ...]`: measure all or some, print, keep the last figures in benchmarks/figures.json."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import ask_cost, gate_speed, healthy, judging, load_cost, log_cost, sandbox_cost, windows
from harness.report import files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FIGURES = Path(__file__).with_name("figures.json")
ALL: Mapping[str, Callable[[], object]] = {
    "sandbox": sandbox_cost.measure,
    "asks": ask_cost.measure,
    "judging": judging.measure,
    "healthy_runs": healthy.measure,
    "windows": windows.measure,
    "load": load_cost.measure,
    "logs": log_cost.measure,
    "gate_speed": gate_speed.measure,
}


def main(names: Sequence[str]) -> None:
    """Run benchmarks one after the other, all or those of these names; the others' last figures stay as they are."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        sys.exit(f"benchmarks: wanted names of {', '.join(ALL)}, got {', '.join(unknown)}; none for all of them")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    last: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if names and FIGURES.exists() else {}
    if last.get("machine", machine) != machine:
        sys.exit(f"benchmarks: the last figures are of {last['machine']}, this is {machine}; measure all of them anew")
    figures = last | {name: ALL[name]() for name in names or ALL}
    text = json.dumps({"machine": machine, **{name: figures[name] for name in ALL if name in figures}}, indent=1)
    print(text)
    files.write_whole(FIGURES, f"{text}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])
