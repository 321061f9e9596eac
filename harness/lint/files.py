"""Look through files of commands for every mistake that such a file can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.lint import page as pages
from harness.lint.names import Known
from harness.lint.rules import counting, pins, places, questions, rollback, routing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from harness.lint.finding import Finding
    from harness.lint.page import Page
    from harness.target import Target

RULES: tuple[Callable[[Page], Iterator[Finding]], ...] = (
    routing.primary_annotated,
    pins.ignored,
    routing.marked_false,
    routing.values_not_strings,
    routing.conversations_split,
    counting.last_lines_only,
    counting.lines_that_match,
    counting.columns_of_lines,
    counting.too_few,
    places.one_place_of_flags,
    counting.documents_believed,
    rollback.waits_for_its_budget,
    places.elsewhere,
    routing.controller_retired,
    rollback.flags_only,
    rollback.raises_first,
    questions.every,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, file by file and line by line; `unread` names lines that nobody could read."""

    files: int
    commands: int
    findings: tuple[Finding, ...]
    unread: tuple[str, ...]


def check(paths: Sequence[Path], target: Target, profile: str) -> Report:
    """Read files and folders, or raise UsageError with one line; `profile` is the target as --target takes it."""
    known = Known(target, profile)
    read = [pages.read(path, known) for path in pages.gather(paths)]
    commands = sum(len(pipeline.commands) for page in read for script in page.scripts for pipeline in script.pipelines)
    findings = tuple(found for page in read for found in look(page))
    return Report(len(read), commands, findings, tuple(line for page in read for line in page.unread))


def look(page: Page) -> list[Finding]:
    """Return a page's findings in the order of its lines, each once."""
    found = {(one.id, one.where, one.says): one for rule in RULES for one in rule(page)}
    return sorted(found.values(), key=lambda one: (int(one.where.rpartition(":")[2]), int(one.id[1:])))
