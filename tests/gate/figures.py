"""Facts as judges write them, of a canary that gets slow half-way: a share over time, both arms, and who is called."""

from __future__ import annotations

from typing import Any

BEGAN_S = 1_795_550_400.0  # 2026-11-24 20:00:00 UTC
OWNERS = {"L1": "Ada", "L2": "Grace Hopper", "L3": "Kim", "lead": "Lin"}
EACH_S, COUNT, BEFORE = 60, 48, 30


def slow(began_s: float = BEGAN_S) -> dict[str, Any]:
    """Of 100 requests a minute 3 are slow, and 13 from 20:30 on; shown after 3,600 requests."""
    points = [[EACH_S * i, 3 if i < BEFORE else 13, 100] for i in range(COUNT)]
    hits, of = sum(point[1] for point in points), sum(point[2] for point in points)
    return {
        "estimate": hits / of,
        "low": 0.0604,
        "high": 0.0752,
        "limit_high": 0.05,
        "hits": hits,
        "n": of,
        "crossed_after": 3_600,
        "quantile": 0.95,
        "value_limit": 1.5,
        "value_unit": "s",
        "unit": "request",
        "series": points,
        "series_from": began_s,
        "series_marks": [[600, 720, "hole"], [900, 960, "spoiled"]],
    }


def both() -> dict[str, Any]:
    """The canary's P95 is 0.02 s above stable's."""
    rows: list[tuple[float, float, float, float | None]] = [
        (0.5, 0.4, 0.5, 0.6),
        (0.9, 0.9, 1.0, 1.1),
        (0.95, 1.1, 1.2, None),
        (0.99, 1.6, 1.8, None),
    ]
    return {
        "estimate": 0.02,
        "low": 0.01,
        "high": 0.03,
        "limit_high": 0.1,
        "relative": False,
        "quantile": 0.95,
        "value_unit": "s",
        "n": 24,
        "unit": "block",
        "arms": {
            "judged": [[at, low, value + 0.02, high] for at, low, value, high in rows],
            "reference": [list(row) for row in rows],
        },
    }


def calls(line: str, since: str = "2026-11-24T20:36:00.000Z") -> dict[str, Any]:
    """What the line about escalation carries when a line is violated."""
    broken = {"line": line, "because": "slow", "since": since, "elapsed_s": 2000.0, "level": "L2"}
    broken |= {"owner": OWNERS["L2"], "due": "L3", "due_owner": OWNERS["L3"], "command": "gate rollback canary"}
    return {"owners": OWNERS, "calls": [{"line": line, "level": "L2"}], "violated": [broken]}
