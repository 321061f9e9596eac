"""Judges side by side on the same data: ours, and models of the rules that rollouts are decided by elsewhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from benchmarks import error_rates, rivals
from harness.judge import eprocess
from harness.judge.limit import WATCHING, Tally, quantile_keeps_within
from harness.verdict import Outcome

CASES = "KAYENTA_CASES"  # a file of Kayenta's own cases, checked against the model when named
ARMS = ("experiment", "control")
ALPHA, LIMIT, DAY = 0.002, 0.003, 1440


def measure() -> dict[str, object]:
    """Return every table, and print them."""
    tables: dict[str, object] = {
        "share_20_per_minute": share_table(),
        "bursts": burst_table(),
        "healthy_day_ten_lines": error_rates.healthy_table(),
        "20_000_looks_on_the_limit": error_rates.sequential_table(),
        "p95_limit_1500_ms": percentile_table(),
    }
    path = os.environ.get(CASES)
    if path:
        tables["mann_whitney_model"] = cases_table(Path(path))
    for name, table in tables.items():
        print(f"\n{name}")
        for row in cast("list[dict[str, object]]", table):
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return tables


def share_table(runs: int = 300, per_minute: int = 20) -> list[dict[str, object]]:
    """Return how often, and in which median minute, each rule stops a day with a 5xx limit of 0.3%."""
    dice = np.random.default_rng(20_261_123)
    return [
        {"true_5xx": true} | _stops(dice.binomial(per_minute, true, (runs, DAY)), per_minute)
        for true in (0.0005, 0.003, 0.015, 0.03)
    ]


def burst_table(runs: int = 300, per_minute: int = 20) -> list[dict[str, object]]:
    """Return the same for failures in bursts: one minute in a hundred or thousand bears them all."""
    dice = np.random.default_rng(7)
    rows: list[dict[str, object]] = []
    for mean, busy in ((0.0005, 0.01), (0.0005, 0.001), (0.003, 0.01)):
        shares = np.where(dice.random((runs, DAY)) < busy, mean / busy, 0.0)
        rows.append({"mean_5xx": mean, "busy_minutes": busy} | _stops(dice.binomial(per_minute, shares), per_minute))
    return rows


def _stops(failures: npt.NDArray[np.int64], of: int) -> dict[str, object]:
    looks = of * np.arange(1, DAY + 1)
    ours = [eprocess.first_crossing(np.cumsum(day), looks, LIMIT, ALPHA * WATCHING) for day in failures]
    return {
        "ours": _said([None if at is None else at + 1 for at in ours]),
        "flagger_rule": _said([rivals.flagger(day, of, LIMIT) for day in failures]),
        "argo_rule": _said([rivals.argo(day, of, LIMIT) for day in failures]),
    }


def _said(minutes: list[int | None]) -> str:
    found = [minute for minute in minutes if minute is not None]
    median = f" (median {np.median(found):.0f} min)" if found else ""
    return f"{100 * len(found) / len(minutes):.1f}%{median}"


def percentile_table(runs: int = 400) -> list[dict[str, object]]:
    """Return how often each calls "P95 <= 1.5 s" kept, from 500 requests of a true P95."""
    dice = np.random.default_rng(5)
    rows: list[dict[str, object]] = []
    for true in (1.2, 1.49, 1.51, 1.54, 1.8):
        kept = {Outcome.MET: 0, Outcome.UNKNOWN: 0, Outcome.VIOLATED: 0}
        plain = rounded = 0
        for _ in range(runs):
            values = true * dice.lognormal(-0.4 * 1.6448536, 0.4, 500)
            kept[quantile_keeps_within(1.5, [Tally(int((values > 1.5).sum()), 500)], alpha=ALPHA).outcome] += 1
            plain += float(np.quantile(values, 0.95)) <= 1.5
            rounded += rivals.rounded_percentile(values, 0.95) <= 1.5
        ours = {f"ours_{outcome.name}": f"{100 * count / runs:.1f}%" for outcome, count in kept.items()}
        theirs = {"k6_style_pass": f"{100 * plain / runs:.1f}%", "rounded_pass": f"{100 * rounded / runs:.1f}%"}
        rows.append({"true_p95_s": true, **ours, **theirs})
    return rows


def cases_table(path: Path) -> list[dict[str, object]]:
    """Return in how many of Kayenta's own classifier cases the model says what Kayenta expects."""
    agreed, told = 0, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        config = case.get("config", {})
        unmodelled = case.get("classifier") != "MannWhitneyClassifier" or "effectSizeThresholds" in config
        if unmodelled or not {"tolerance", "confLevel"} <= set(config):
            continue
        one, other = (np.array([v for v in case[arm] if v is not None], dtype=np.float64) for arm in ARMS)
        if min(len(one), len(other)) < 2:
            continue
        said = rivals.mann_whitney(one, other, config["tolerance"], config["confLevel"])
        way = {"increase": "High", "decrease": "Low"}.get(case.get("call", {}).get("direction", "either"))
        said = "Pass" if way is not None and said != way else said
        told, agreed = told + 1, agreed + int(said == str(case["expected"]["classification"]))
    return [{"cases": told, "same_class": agreed}]
