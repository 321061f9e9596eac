"""A watch's status as people read it: a table on a terminal, one line elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness.judge.soak import duration
from harness.report.showing import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.soaking import Slo, Status

STYLES: Final[Mapping[str, str]] = {"MET": "green", "UNKNOWN": "yellow", "VIOLATED": "bold red"}


def table(now: Status) -> Group:
    """Return everything about a watch, for a terminal."""
    slos = Table(expand=False)
    for column in ("line", "so far", "limit", "n", "outcome"):
        slos.add_column(column, no_wrap=column != "so far")
    slos.add_column("what it says")
    for slo in now.slos:
        outcome = Text(slo.outcome, STYLES[slo.outcome]).append(f"\n{slo.reason}" if slo.reason else "", "dim")
        row = (slo.line, _figure(slo), _limit(slo), f"{slo.n:,}", outcome, text.plain(slo.says))
        slos.add_row(*row)
    head = Text("\n").join(Text.assemble((f"{name:<14}", "bold"), text.plain(said)) for name, said in facts(now))
    return Group(head, slos) if now.slos else Group(head)


def facts(now: Status) -> list[tuple[str, str]]:
    """Return what is known besides the SLOs, as (name, sentence)."""
    found = [("run", f"{now.run}: {now.phase} of {now.target}, watch {now.state}, collector {now.collector}")]
    if now.began is not None:
        found += [
            ("clean since", f"{now.clean_since or 'not yet'} ({duration(now.clean_s)} of {duration(now.wanted_s)})"),
            ("to go", _to_go(now)),
            ("slices", _slices(now)),
            ("largest gap", f"{_gap(now)} ({now.gaps} holes of the collector)"),
            ("our traffic", _traffic(now)),
        ]
    found += [("restarted", reset) for reset in now.resets]
    found += [(name, said) for name, said in (("held", now.held), ("why", now.why), ("DAMAGED", now.trouble)) if said]
    return found


def line(now: Status) -> str:
    """Return the same in one line."""
    if now.began is None:
        return text.plain(f"{now.phase}: watch {now.state}, collector {now.collector}: {now.why or now.trouble}")
    slos = ", ".join(f"{slo.line[-6:]} {_figure(slo, short=True)}/{_limit(slo)} {slo.outcome}" for slo in now.slos)
    parts = [
        f"{now.phase}: clean since {now.clean_since or 'not yet'} ({duration(now.clean_s)})",
        f"to go {_to_go(now)}",
        f"slices {_slices(now)}",
        slos,
        f"largest gap {_gap(now)}",
        f"our traffic {_traffic(now)}",
        f"DAMAGED: {now.trouble}" if now.trouble else "",
    ]
    return text.plain("; ".join(part for part in parts if part))


def _to_go(now: Status) -> str:
    if now.state == "done":
        short = f", but the clock wants {duration(now.to_go_s)} more" if now.to_go_s else ""
        return f"nothing, the watch came to its end{short}"
    until = f", until {now.until}" if now.until else ", and nobody is watching"
    return f"{duration(now.to_go_s)}{until}"


def _slices(now: Status) -> str:
    bad = [f"{count} {state}" for state, count in sorted(now.slices.items()) if state != "COMPLETE"]
    return f"{now.slices_done} of {now.slices_planned}" + (f" ({', '.join(bad)})" if bad else "")


def _gap(now: Status) -> str:
    return f"{duration(now.largest_gap_s)}, allowed {duration(now.largest_gap_allowed_s)}"


def _traffic(now: Status) -> str:
    seen = now.traffic
    why = f": {seen.why}" if seen.why else ""
    return f"{seen.late:,} of {seen.n:,} late, at most {seen.late_max_s:.3g} s, {seen.spoiled} slices spoiled{why}"


def _figure(slo: Slo, *, short: bool = False) -> str:
    if slo.estimate is None:
        return "no data"
    bounds = "" if short else f" ({_value(slo.low, slo.unit)} to {_value(slo.high, slo.unit)})"
    return f"{_value(slo.estimate, slo.unit)}{bounds}"


def _limit(slo: Slo) -> str:
    return "none" if slo.limit is None else _value(slo.limit, slo.unit)


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "unbounded"
    return f"{value:+.3g} {unit}" if unit else f"{value * 100:.3g}%"
