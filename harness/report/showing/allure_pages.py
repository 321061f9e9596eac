"""Allure's own pages of a run, with the history of runs that can be compared. For people; nothing is decided by them.

Allure is given a copy of the results: a run's folder is evidence, and building pages must not write there. What it
remembers is kept per target, environment and phase, one entry per run: staging and canary do not share a history, and
pages built twice do not count twice.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.errors import HarnessError, UsageError
from harness.report import files
from harness.report.deciding.model import Run
from harness.report.reading import strict
from harness.report.showing import allure_tool

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.report.showing.allure_tool import Tool

RESULTS = "allure-results"
KEPT = "allure-history"  # in the reports' folder
REMEMBERED = {2: "history", 3: "history.jsonl"}  # what each major version carries over
MOST_RUNS = 100  # of an Allure 3 history
RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check(folder: Path, pages: Path) -> None:
    """Refuse places for the pages where they would damage something: UsageError."""
    where, run = pages.resolve(), folder.resolve()
    inside = [place for place in (where, *where.parents) if place == run or (place / "run.json").is_file()]
    if inside:
        raise UsageError(f"--out {pages}: wanted a place outside of a run's folder, {inside[0].name} is evidence")
    if run.is_relative_to(where):
        raise UsageError(f"--out {pages}: the run itself lies in there and would be replaced; give another folder")
    if where.exists() and not where.is_dir():
        raise UsageError(f"--out {pages}: wanted a folder, got a file; give another place")
    if where.is_dir() and any(where.iterdir()) and not (where / "index.html").is_file():
        raise UsageError(f"--out {pages}: wanted a new folder, or pages built earlier; this holds something else")


def build(folder: Path, pages: Path, reports: Path, tool: Tool) -> Path:
    """Build the pages of a run, whole or not at all; return the page to open.

    Earlier pages in that place are replaced. HarnessError, in one line, when Allure fails; then all is as it was.
    """
    results = folder / RESULTS
    if not results.is_dir():
        raise HarnessError(f"{folder}: no {RESULTS} in it, so there is nothing to show")
    kept = history(folder, reports)
    draft = pages.parent / f".{pages.name}.{os.getpid()}.draft"
    pages.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="allure-") as name, _gone_afterwards(draft):
        scratch = Path(name)
        copy(results, scratch / RESULTS)
        remembered = _recall(kept, scratch, tool.major)
        allure_tool.run(tool, _words(scratch, draft, remembered, tool.major), scratch)
        index = _index(draft)
        if kept is not None:
            _remember(draft / "history" if tool.major == 2 else remembered, kept / REMEMBERED[tool.major])
        shutil.rmtree(pages, ignore_errors=True)
        _ = draft.replace(pages)
    return pages / index


def history(folder: Path, reports: Path) -> Path | None:
    """Return where a run's history is kept, None for a run that does not say what it was about."""
    try:
        run = msgspec.convert(strict.read(folder / "run.json"), Run)
    except (OSError, strict.Malformed, msgspec.ValidationError):
        return None
    if not RUN.fullmatch(run.run):
        return None
    about = (run.target, run.environment or "unknown", "+".join(run.phases) or "unknown")
    return reports.joinpath(KEPT, *(_name(part) for part in about), run.run)


def _name(said: str) -> str:
    """Return a folder's name for what a run says of itself."""
    return re.sub(r"[^A-Za-z0-9+_-]", "_", said)[:100] or "unknown"


def copy(source: Path, to: Path) -> None:
    """Copy the files of a folder; what a link leads to is no result and is left out."""
    to.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.is_symlink():
            _ = shutil.copyfile(path, to / path.name)


def _recall(kept: Path | None, scratch: Path, major: int) -> Path:
    """Put what is remembered of the newest earlier run where Allure looks for it; return that place."""
    place = scratch / RESULTS / "history" if major == 2 else scratch / REMEMBERED[major]
    if kept is None or not kept.parent.is_dir():
        return place
    # a run's id begins with its time, so names sort by it
    earlier = sorted(path.name for path in kept.parent.iterdir() if RUN.fullmatch(path.name) and path.name < kept.name)
    for name in reversed(earlier):
        found = kept.parent / name / REMEMBERED[major]
        if major == 2 and found.is_dir():
            copy(found, place)
            break
        if major == 3 and found.is_file():
            lines = found.read_bytes().splitlines(keepends=True)
            _ = place.write_bytes(b"".join(lines[-MOST_RUNS:]))
            break
    return place


def _remember(source: Path, to: Path) -> None:
    """Keep what Allure carries over from these pages; pages without any are pages all the same."""
    if source.is_dir():
        shutil.rmtree(to, ignore_errors=True)
        copy(source, to)
    elif source.is_file():
        to.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(to, source.read_bytes())


def _words(scratch: Path, draft: Path, remembered: Path, major: int) -> list[str]:
    """Return what Allure is asked for; it works in `scratch`, where the results lie under the name it looks for."""
    if major == 2:
        return ["generate", RESULTS, "-o", str(draft.resolve())]
    settings: dict[str, object] = {"historyPath": str(remembered.resolve())}
    categories = scratch / RESULTS / "categories.json"
    with contextlib.suppress(OSError, strict.Malformed):  # of an older run, or damaged: Allure then has its own
        settings["categories"] = strict.read(categories)
    files.write_json(scratch / "allurerc.json", settings)
    return ["generate", "--config", "allurerc.json", "--output", str(draft.resolve())]


def _index(draft: Path) -> Path:
    """Return the page to open, relative to the pages."""
    for index in (draft / "index.html", *sorted(draft.glob("*/index.html"))):
        if index.is_file():
            return index.relative_to(draft)
    raise HarnessError("allure ended well, but built no page; run it by hand to see why")


@contextlib.contextmanager
def _gone_afterwards(draft: Path) -> Generator[None]:
    """Leave no half pages behind, also not those of a build that was killed earlier in this process's name."""
    shutil.rmtree(draft, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(draft, ignore_errors=True)
