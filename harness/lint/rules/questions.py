"""Mistakes in what is asked: names that do not exist, sessions used again, tests that test nothing. All are D17."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.lint import kubectl, patterns, right, sources
from harness.lint.finding import Finding
from harness.lint.rules.pins import cookies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lint.page import Page
    from harness.lint.script import Command

_NO_VERSION = {"canary", "stable"}
_DURATION = re.compile(r"\b(?:response_time(?:_ms)?|duration_ms|elapsed_ms|request_time(?:_ms)?|resp_ms)\b")
_SESSION = re.compile(r"""["']?session_id["']?\s*[:=]\s*["']?([^"',}\s]+)""")
_MANY_TURNS = re.compile(r"multi[- ]?turn|memory|remember|context loss|conversation", re.IGNORECASE)
_RATE = re.compile(r"\b(rates?|share|percent|by version)\b", re.IGNORECASE)
_WRONGS = re.compile(r"err|fail|5\[0-9\]|5xx|5\\d", re.IGNORECASE)


def selects_nothing(page: Page) -> Iterator[Finding]:
    """Find a label `version=canary`: pods carry the build there, so it picks none."""
    for script in page.scripts:
        for found in kubectl.every(script):
            for pair in found.flags.get("selector", "").split(","):
                key, _, value = pair.partition("=")
                if key == "version" and value.lstrip("=") in _NO_VERSION:
                    names = page.known.of(found.context, found.namespace)
                    arm = names.env.deployments.get("canary" if "canary" in value else "stable") or names.deployment
                    yield Finding(
                        "D17",
                        page.at(found.line),
                        f"the selector {pair}",
                        "the label holds a build's version, so nothing is selected and nothing is found wrong",
                        f"{names.kubectl} logs deployment/{arm} --all-pods --since=1h --tail=-1"
                        if found.verb == "logs"
                        else f"{names.kubectl} get deployment/{arm} --show-labels",
                    )


def finds_nothing(page: Page) -> Iterator[Finding]:
    """Find a log field that no line has."""
    names, fields = page.known.of(), page.known.target.logs.fields
    ours = {fields.latency_ms, fields.ttft_ms}
    for _, pipeline in sources.of_logs(page):
        for command in pipeline.commands:
            found = _DURATION.search(" ".join(command.args)) if kubectl.parse(command) is None else None
            if found and found[0] not in ours:
                yield Finding(
                    "D17",
                    page.at(command.line),
                    f"log lines are searched for {found[0]}; the profile calls it {fields.latency_ms}",
                    "no line carries it: the silence reads as if nothing were slow",
                    right.count(names, right.requests(names, f".{fields.latency_ms} > 1500")),
                )


def computes_no_rate(page: Page) -> Iterator[Finding]:
    """Find an error rate that is a list of lines."""
    for script, pipeline in sources.of_logs(page):
        names_of = [command.name for command in pipeline.commands]
        sorts = names_of[-1] == "sort" or (names_of[-1] in {"head", "tail"} and "sort" in names_of[-2:])
        searches = any(_WRONGS.search(one) for command in pipeline.commands for one in patterns.asked(command))
        if sorts and searches and _RATE.search(f"{script.title} {script.remark(pipeline.line)}"):
            yield Finding(
                "D17",
                page.at(pipeline.line),
                "an error rate that only sorts lines",
                "nothing is divided by anything: it means nothing",
                right.errors_by_version(page.known.of()),
            )


def sessions_used_again(page: Page) -> Iterator[Finding]:
    """Find a session id that is the same each time the command is run."""
    told: set[str] = set()
    for script in page.scripts:
        for pipeline in script.pipelines:
            for command in pipeline.commands:
                session = _session(page, command)
                if session is None or not session or "$" in session or session in told:
                    continue
                told.add(session)
                yield Finding(
                    "D17",
                    page.at(command.line),
                    f"the session id {session!r} is always the same",
                    "the second time, the product may remember the first: yesterday's answer passes today's test",
                    right.question(page.known.of()),
                )


def one_turn(page: Page) -> Iterator[Finding]:
    """Find a test of several turns that has one."""
    for script in page.scripts:
        asks = [
            (pipeline, command)
            for pipeline in script.pipelines
            for command in pipeline.commands
            if _is_ask(page, command)
        ]
        if _MANY_TURNS.search(script.title) and len(asks) == 1 and not asks[0][0].loops:
            yield _one(page, asks[0][1], script.title)
            continue
        for remark_line, remark in script.comments.items():
            if not _MANY_TURNS.search(remark):
                continue
            below = [(p, c) for p, c in asks if script.remark(c.line) == remark and c.line >= remark_line]
            if len(below) == 1 and not below[0][0].loops and len(asks) == 1:
                yield _one(page, below[0][1], remark)


def _one(page: Page, command: Command, remark: str) -> Finding:
    return Finding(
        "D17",
        page.at(command.line),
        f"one question under {remark[:60]!r}",
        "with a single turn nothing can be forgotten: it tests nothing",
        f"pytest -m context --target {page.known.profile}",
    )


def _is_ask(page: Page, command: Command) -> bool:
    api = page.known.target.api
    return any(url.rstrip("/").endswith((api.ask, api.ask_enhanced)) for url in sources.addresses(command))


def _session(page: Page, command: Command) -> str | None:
    """Return the session id that a question is asked under, None where it is asked under none."""
    if not _is_ask(page, command):
        return None
    found = next((hit for arg in command.args if (hit := _SESSION.search(arg))), None)
    kept = next((value for name, value in cookies(command) if name == "session_id"), None)
    return found[1] if found else kept


def every(page: Page) -> Iterator[Finding]:
    """Find all of these."""
    for rule in (selects_nothing, finds_nothing, computes_no_rate, sessions_used_again, one_turn):
        yield from rule(page)
