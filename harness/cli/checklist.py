"""A phase's lines while they are looked at, as a QA person's checklist: what waits, runs and was decided. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness import runbook
from harness.report.showing import text

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from harness.report.so_far import SoFar
    from harness.runbook import Line

State = Literal["waiting", "running", "lost", "MET", "VIOLATED", "UNKNOWN"]
STYLES: Final[Mapping[State, str]] = {
    "waiting": "dim",
    "running": "cyan",
    "lost": "bold yellow",
    "MET": "green",
    "VIOLATED": "bold red",
    "UNKNOWN": "yellow",
}
WITHIN: Final = "done_within_min"  # the limit that says how long a phase may take
BECAUSE: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """One item. `seconds` since it began, or how long it took; None before that, or where nobody wrote it down."""

    line: str
    says: str
    state: State
    seconds: float | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """All items in the order of the runbook, and the phase's time: gone (None: not begun) and allowed, in seconds."""

    rows: tuple[Row, ...]
    gone_s: float | None = None
    allowed_s: float | None = None


def of(seen: SoFar, lines: Mapping[str, Line], now: datetime.datetime) -> Checklist:
    """Return how far a run is. Time stands still once all is decided but what is judged last."""
    decided = {one.nodeid: one for one in seen.decided}
    order = list(lines)
    rows: list[Row] = []
    for nodeid, line in sorted(seen.planned.items(), key=lambda item: order.index(item[1]) if item[1] in lines else -1):
        began, one = seen.began.get(nodeid), decided.get(nodeid)
        until = seen.closed.get(nodeid, one.at if one else now)
        seconds = None if began is None else max(0.0, (until - began).total_seconds())
        state: State = "waiting" if began is None else "running"
        if nodeid in seen.ended:
            state = one.outcome if one else "lost"
        says = lines[line].says if line in lines else nodeid
        because = "" if one is None or one.outcome == "MET" else _because(one.reason, one.because)
        rows.append(Row(line, says, state, seconds, because))
    allowed = [lines[row.line].limits[WITHIN] for row in rows if row.line in lines and WITHIN in lines[row.line].limits]
    return Checklist(tuple(rows), _gone(seen, now), 60 * min(allowed) if allowed else None)


def _gone(seen: SoFar, now: datetime.datetime) -> float | None:
    if not seen.began:
        return None
    mine = [nodeid for nodeid, line in seen.planned.items() if line not in runbook.JUDGED_LAST]
    over = mine and all(nodeid in seen.closed for nodeid in mine)
    until = max(seen.closed[nodeid] for nodeid in mine) if over else now
    return max(0.0, (until - min(seen.began.values())).total_seconds())


def _because(reason: str | None, because: str) -> str:
    return text.cut(" ".join(f"{f'{reason}: ' if reason else ''}{because}".split()), BECAUSE)


def head(phase: str, made: Checklist) -> str:
    """Return how far it is and how much time is left, in one line."""
    if not made.rows:
        return f"{phase}: starting, nothing is planned yet"
    counts = {state: sum(row.state == state for row in made.rows) for state in STYLES}
    ended = sum(counts[state] for state in ("MET", "VIOLATED", "UNKNOWN", "lost"))
    parts = [f"{phase}: {ended} of {len(made.rows)} decided"]
    parts += [f"{counts[state]} {state}" for state in ("VIOLATED", "UNKNOWN", "lost") if counts[state]]
    return ", ".join([*parts, *([clock(made)] if made.gone_s is not None else [])])


def clock(made: Checklist) -> str:
    """Return the time that is left of what is allowed, or what is gone where nothing is said of it."""
    gone = made.gone_s or 0.0
    if made.allowed_s is None:
        return f"{_minutes(gone)} gone"
    left = made.allowed_s - gone
    return f"{_minutes(left)} of {_minutes(made.allowed_s)} left" if left >= 0 else f"{_minutes(-left)} too long"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def table(phase: str, made: Checklist, *, whole: bool = False) -> Group:
    """Return it for a terminal, one line an item; `whole` wraps long sentences and says why what is not MET is not."""
    shown = Table(box=None, pad_edge=False, expand=False, show_header=False)
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True, justify="right")
    shown.add_column()  # the only one that gives way where the window is narrow
    for row in made.rows:
        style, overflow = "dim" if row.state == "waiting" else "", "fold" if whole else "ellipsis"
        says = Text(text.plain(row.says), style, no_wrap=not whole, overflow=overflow)
        if whole and row.because:
            says = says.append(f"\n{row.because}", "dim")
        shown.add_row(Text(row.line, "bold"), Text(row.state, STYLES[row.state]), _seconds(row), says)
    return Group(Text(head(phase, made), "bold"), shown) if made.rows else Group(Text(head(phase, made), "bold"))


def _seconds(row: Row) -> str:
    return "" if row.seconds is None else f"{row.seconds:.1f} s"


def news(before: Sequence[Row], now: Checklist) -> tuple[str, ...]:
    """Return a plain line for each item whose state is another than before; that they wait is no news."""
    known = {row.line: row.state for row in before}
    return tuple(_line(row, now) for row in now.rows if row.state not in {"waiting", known.get(row.line, "waiting")})


def _line(row: Row, now: Checklist) -> str:
    took = f" ({_seconds(row)})" if row.state != "running" and row.seconds is not None else ""
    why = f": {row.because}" if row.because else ""
    return f"[{clock(now)}] {row.line} {row.state}{took}{why or f': {text.plain(row.says)}'}"
