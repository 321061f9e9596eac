"""`python -m benchmarks`: measure, print, and keep the last figures in benchmarks/figures.json."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from benchmarks import ask_cost, gate_speed, healthy, judging, load_cost, log_cost, sandbox_cost, windows

FIGURES = Path(__file__).with_name("figures.json")


def main() -> None:
    """Run every benchmark, one after the other."""
    figures = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "sandbox": sandbox_cost.measure(),
        "asks": ask_cost.measure(),
        "judging": judging.measure(),
        "healthy_runs": healthy.measure(),
        "windows": windows.measure(),
        "load": load_cost.measure(),
        "logs": log_cost.measure(),
        "gate_speed": gate_speed.measure(),
    }
    text = json.dumps(figures, indent=1)
    print(text)
    _ = FIGURES.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
