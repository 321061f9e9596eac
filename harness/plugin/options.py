"""What can be asked for on the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    import pytest


@dataclass(frozen=True, slots=True)
class Options:
    """The harness's own options, typed."""

    target: str
    act: bool
    faults: tuple[str, ...]
    evidence: Path | None
    reports: Path | None
    headed: bool = False
    slow_ms: float = 0.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    group = parser.getgroup("rollout verification")
    group.addoption(
        "--target",
        metavar="NAME|FILE",
        default="sandbox",
        help="profile of the target: a name in targets/ or a TOML file (default: sandbox)",
    )
    group.addoption(
        "--act", action="store_true", help="allow tests that change the target, if its profile allows it too"
    )
    group.addoption(
        "--fault",
        metavar="NAME",
        action="append",
        default=[],
        help="start the target with this fault; can be repeated; only for targets that the harness starts",
    )
    group.addoption(
        "--evidence",
        metavar="DIR",
        default=None,
        help="judge what another collector recorded: its run folder, or its evidence.db",
    )
    group.addoption("--headed", action="store_true", help="show the browser that looks at the page")
    group.addoption(
        "--slow", metavar="MS", type=float, default=0.0, help="wait so many ms after each of the browser's actions"
    )
    group.addoption("--reports", metavar="DIR", default=None, help="where run folders are made (default: reports/)")


def read(namespace: argparse.Namespace) -> Options:
    """Return the options as given."""
    given: dict[str, Any] = vars(namespace)
    return Options(
        target=str(given["target"]),
        act=bool(given["act"]),
        faults=tuple(given["fault"]),
        evidence=Path(given["evidence"]) if given["evidence"] else None,
        reports=Path(given["reports"]) if given["reports"] else None,
        headed=bool(given["headed"]),
        slow_ms=float(given["slow"]),
    )


def absolute(options: Options, start: Path) -> Options:
    """Return the options with their folders made absolute."""
    return replace(options, evidence=start / options.evidence if options.evidence else None)
