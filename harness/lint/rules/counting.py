"""Mistakes in what is counted from logs and documents: D6 to D10 and D12."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.lint import kubectl, patterns, right, sources
from harness.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lint.page import Page
    from harness.lint.script import Command, Pipeline

_STATUS = re.compile(r"\[?\b[45]?[45]\]?(?:\[0-9\]|\\d|\.|x|X|0\[|\d\[)|\[45\]|[45](?:xx|XX)")
_WRONGS = re.compile(r"err|fail|exception|timeout|fatal|critical|refused", re.IGNORECASE)
_REPAIRS = re.compile(r"repair|validation|persist", re.IGNORECASE)
_LATENCY = re.compile(r"latency|duration|elapsed|response_time|ttft|p95", re.IGNORECASE)
_CHECKS = re.compile(r"""\.error\b|"error"|\berror\(|halt_error""")  # of a jq program
_COLUMN = re.compile(r"\$\(?(NF|\d+)\)?\s*(?:[<>]=?|[!=]=)\s*-?\d")


def last_lines_only(page: Page) -> Iterator[Finding]:
    """D6: logs by label without a tail length."""
    for script in page.scripts:
        for pipeline in script.pipelines:
            for command in pipeline.commands:
                found = kubectl.parse(command)
                if found is None or found.verb != "logs" or "selector" not in found.flags:
                    continue
                tail = found.flags.get("tail")
                counted = any(patterns.counts(other) or other.name == "jq" for other in pipeline.commands)
                if not _cuts(tail, counted=counted, live="follow" in found.flags):
                    continue
                names = page.known.of(found.context, found.namespace)
                yield Finding(
                    "D6",
                    page.at(command.line),
                    f"logs -l {found.flags['selector']} {'without --tail=-1' if tail is None else f'--tail={tail}'}",
                    f"with a selector kubectl shows the last {tail or 10} lines of each pod, whatever --since says",
                    right.logs(names),
                )


def _cuts(tail: str | None, *, counted: bool, live: bool) -> bool:
    """Tell whether lines are missing that somebody counts on; a number of one's own is fine to read, not to count."""
    if tail is None:
        return counted or not live
    return counted and tail != "-1" and not tail.startswith("$")


def lines_that_match(page: Page) -> Iterator[Finding]:
    """D7 and D9: lines counted by a pattern that healthy lines match as well."""
    target = page.known.target
    lines = patterns.healthy(target.logs.fields)
    for _, pipeline in sources.of_logs(page):
        for at, command in enumerate(pipeline.commands):
            counted = any(patterns.counts(other) for other in pipeline.commands[at:])
            for pattern in (*patterns.asked(command), *patterns.in_awk(command)):
                if not counted or _parsed_before(pipeline, at) or not patterns.matches(pattern, lines):
                    continue
                if found := _miscounted(page, command, pattern):
                    yield found


def _miscounted(page: Page, command: Command, pattern: str) -> Finding | None:
    names, fields = page.known.of(), page.known.target.logs.fields
    if _REPAIRS.search(pattern):
        event = fields.repair_event if "repair" in pattern.lower() else fields.failure_event
        event = fields.unsaved_event if "persist" in pattern.lower() else event
        return Finding(
            "D9",
            page.at(command.line),
            f"lines that mention {_plain(pattern)} are counted",
            "every line that carries the field is counted, also where it says that nothing was repaired",
            right.count(names, f'.{fields.event} == "{event}"'),
        )
    if _WRONGS.search(pattern) or _STATUS.search(pattern) or re.search(r"\d", pattern):
        return Finding(
            "D7",
            page.at(command.line),
            f"lines that match {_plain(pattern)} are counted as errors",
            "ids, ports, durations and users' own words match, too: healthy lines are counted",
            right.count(names, right.requests(names, f".{fields.status} >= 500")),
        )
    return None


def columns_of_lines(page: Page) -> Iterator[Finding]:
    """D8: a column of a raw line taken for a figure."""
    for _, pipeline in sources.of_logs(page):
        for at, command in enumerate(pipeline.commands):
            if command.name not in {"awk", "gawk", "mawk"} or _parsed_before(pipeline, at):
                continue
            if found := _COLUMN.search(" ".join(command.args)):
                yield Finding(
                    "D8",
                    page.at(command.line),
                    f"awk compares column ${found[1]} of a log line with a number",
                    "a JSON line has no columns: text is greater than any number, so it is always 100%, first turns "
                    "included, and a division by zero where there is no line",
                    right.context_success(page.known.of()),
                )


def too_few(page: Page) -> Iterator[Finding]:
    """D10: a latency judged by a handful of lines."""
    for _, pipeline in sources.of_logs(page):
        before = ""
        for command in pipeline.commands:
            number = _taken(command)
            if number is not None and 0 < number < right.ENOUGH and _LATENCY.search(before) and "sort" not in before:
                yield _few(page, command, number)
            found = kubectl.parse(command)
            tail = found.flags.get("tail", "") if found else ""
            rest = " ".join(" ".join(other.words) for other in pipeline.commands)
            if tail.isdigit() and 0 < int(tail) < right.ENOUGH and _LATENCY.search(rest):
                yield _few(page, command, int(tail))
            before += " " + " ".join(command.words if found is None else ())


def _few(page: Page, command: Command, number: int) -> Finding:
    return Finding(
        "D10",
        page.at(command.line),
        f"a latency is looked at in {number} lines",
        f"a P95 needs at least {right.ENOUGH} samples to be bounded; the 95th of 50 lies anywhere from P89 to P100",
        right.p95(page.known.of()),
    )


def documents_believed(page: Page) -> Iterator[Finding]:
    """D12: a metrics document read with jq as if it could not be an error."""
    for _, pipeline in sources.of_metrics(page):
        for command in pipeline.commands:
            if command.name != "jq":
                continue
            checked = any(re.fullmatch(r"-[a-zA-Z]*e[a-zA-Z]*|--exit-status", arg) for arg in command.args)
            if checked or any(_CHECKS.search(arg) for arg in command.args):
                continue
            yield Finding(
                "D12",
                page.at(command.line),
                "a metrics document is read by jq without -e",
                "a failing endpoint answers 200 with an error document; jq prints null and nothing fails",
                right.document(page.known.of()),
            )


def _parsed_before(pipeline: Pipeline, at: int) -> bool:
    """Tell whether the lines were taken apart before this command sees them."""
    return any(other.name in {"jq", "gojq", "jaq", "mlr", "python", "python3"} for other in pipeline.commands[:at])


def _taken(command: Command) -> int | None:
    """Return how many lines head and tail let through."""
    if command.name not in {"head", "tail"}:
        return None
    for at, arg in enumerate(command.args):
        if found := re.fullmatch(r"-(?:n|-lines=)?(\d+)", arg):
            return int(found[1])
        if arg in {"-n", "--lines"} and command.args[at + 1 : at + 2] and command.args[at + 1].isdigit():
            return int(command.args[at + 1])
    return 10 if not command.args else None


def _plain(pattern: str) -> str:
    return repr(re.sub(r"\(\?i\)|\\b|^\(\?:|\)$", "", pattern.replace("(?i)", "")).removeprefix("(?:"))
