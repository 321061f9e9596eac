"""Films of a look that found something, in the run's folder and in the test's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plugin import keys, tagging
from harness.report import files
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pytest


def keep(item: pytest.Item, films: Mapping[str, Callable[[], bytes]], folder: Path) -> None:
    """Write and attach what a look filmed, by the names of its tabs, unless the item's line is MET."""
    verdict = item.stash.get(keys.VERDICT, None)
    if verdict is not None and verdict.outcome is Outcome.MET:
        return
    for name, film in films.items():
        webp = film()
        if webp:
            folder.mkdir(parents=True, exist_ok=True)
            files.write_whole(folder / f"{name}.webp", webp)
            tagging.film(f"film of {name}", webp)
