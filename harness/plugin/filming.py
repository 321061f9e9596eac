"""Of a look that is not MET: its films, its traces, and the page at the moment when it could not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plugin import keys, tagging
from harness.report import files
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pytest

TRACES = "*.trace.zip"
TROUBLE = "*-trouble.png"


def keep(item: pytest.Item, films: Mapping[str, Callable[[], bytes]], folder: Path) -> None:
    """Write and attach what a look filmed, by the names of its tabs, unless the item's line is MET.

    Traces and pictures of trouble are in the folder already, their names begin with the line. Traces of a look that is
    MET are taken away: they are large, and nobody searches there.
    """
    verdict = item.stash.get(keys.VERDICT, None)
    traces = list(_of_line(item, folder, TRACES))
    if verdict is not None and verdict.outcome is Outcome.MET:
        for trace in traces:
            trace.unlink(missing_ok=True)
        return
    for name, film in films.items():
        webp = film()
        if webp:
            folder.mkdir(parents=True, exist_ok=True)
            files.write_whole(folder / f"{name}.webp", webp)
            tagging.film(f"film of {name}", webp)
    for picture in _of_line(item, folder, TROUBLE):
        tagging.trouble(picture)
    for trace in traces:
        tagging.trace(trace)


def _of_line(item: pytest.Item, folder: Path, kind: str) -> Iterator[Path]:
    """Give the files of a kind that the item's line has in the folder."""
    test = keys.context(item.config).test(item.nodeid)
    if test is not None:
        yield from sorted(folder.glob(f"{test.line}{kind}"))
