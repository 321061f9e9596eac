"""Mistakes in how a rollback is done and timed: D13 and D16."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from harness import runbook
from harness.lint import kubectl
from harness.lint.finding import Finding
from harness.lint.rules.routing import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.lint.annotated import Setting
    from harness.lint.kubectl import Kubectl
    from harness.lint.page import Page
    from harness.lint.script import Loop, Script

_BACK = re.compile(r"roll(ing|ed|s)?[ _-]?back|emergency|revert", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)?")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def waits_for_its_budget(page: Page) -> Iterator[Finding]:
    """D13: the wait of a rollback may take all the time that the rollback has."""
    budget = runbook.lines()["RB-EMG-01"].limits["within_s"]
    for script in page.scripts:
        for pipeline in script.pipelines:
            for command in pipeline.commands:
                found = kubectl.parse(command)
                if found is None or found.verb != "rollout status" or not _goes_back(page, script, found.line):
                    continue
                allowed = seconds(found.flags.get("timeout", "") or command.within)
                if allowed is not None and allowed >= budget:
                    yield Finding(
                        "D13",
                        page.at(found.line),
                        f"a rollback waits with --timeout={found.flags.get('timeout') or command.within}",
                        f"the wait alone may use the {budget:g} s that the whole rollback has; the time before it "
                        "and until the last old answer is not counted",
                        page.known.of(found.context, found.namespace).gate("rollback emergency --act"),
                    )


def flags_only(page: Page) -> Iterator[Finding]:
    """D16: an emergency rollback that sets flags and leaves the canary's build and weight as they are."""
    safe = page.known.target.acting.safe
    for script in page.scripts:
        if any(_takes_out_canary(found) for found in kubectl.every(script)) or _by_gate(script):
            continue
        lowered = [s for s in page.settings if _within(script, s.line) and _is_weight(s.key) and number(s.value) == 0]
        sets = [(found, _pairs(found)) for found in kubectl.every(script) if found.verb == "set env"]
        wanted = {name for _, given in sets for name, value in given.items() if safe.get(name) == value}
        if not wanted or lowered:
            continue
        found = next(found for found, given in sets if wanted & set(given))
        if len(wanted) < len(safe) and not _BACK.search(_said(script, found.line)):
            continue
        names = page.known.of(found.context, found.namespace)
        if not names.env.deployments.get("canary") and not names.canary:
            continue
        yield Finding(
            "D16",
            page.at(found.line),
            f"an emergency rollback sets {', '.join(sorted(wanted))} and nothing else",
            "the canary keeps its build and its weight: its users stay where the trouble is",
            names.gate("rollback emergency --act"),
        )


def raises_first(page: Page) -> Iterator[Finding]:
    """D16: a staged way down that may begin above the weight there is."""
    high = runbook.lines()["P2-RTE-01"].limits["weight_high_percent"]
    for script in page.scripts:
        guarded = any(
            _reads_weight(word) for found in kubectl.every(script) for word in (*found.args, *found.flags.values())
        )
        for line, weights in (*_looped(page, script), *_one_by_one(page, script)):
            if weights[-1:] != [0.0] or len(weights) < 2:
                continue
            rises = any(later > earlier for earlier, later in itertools.pairwise(weights))
            if guarded or not (weights[0] > high or rises):
                continue
            steps = "-".join(f"{weight:g}" for weight in weights)
            yield Finding(
                "D16",
                page.at(line),
                f"a staged rollback goes {steps} without reading the weight there is",
                f"a canary at {high / 2:g}% is first raised to {max(weights):g}%",
                page.known.of().gate("rollback staged --act"),
            )


def seconds(text: str) -> float | None:
    """Return what kubectl's and timeout's durations mean: 120s, 2m, 1m30s, 120; None if it is none."""
    parts = list(_TIME.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    return sum(float(part[1]) * _UNITS[part[2] or "s"] for part in parts)


def _looped(page: Page, script: Script) -> Iterator[tuple[int, list[float]]]:
    """Yield the weights that a loop sets, if it sets any by its variable."""
    seen: set[int] = set()
    for pipeline in script.pipelines:
        for loop in pipeline.loops:
            weights = _numbers(loop.values)
            if weights and loop.line not in seen and _sets_weight(page, pipeline.line, loop):
                seen.add(loop.line)
                yield loop.line, weights


def _sets_weight(page: Page, line: int, loop: Loop) -> bool:
    spelled = {f"${loop.variable}", f"${{{loop.variable}}}"}
    return any(
        s.line == line and _is_weight(s.key) and (str(s.value) in spelled or s.value == 0) for s in page.settings
    )


def _one_by_one(page: Page, script: Script) -> Iterator[tuple[int, list[float]]]:
    """Yield runs of three or more falling weights that are set by a command each."""
    run: list[Setting] = []
    for setting in [
        s for s in page.settings if _within(script, s.line) and _is_weight(s.key) and str(s.value).isdigit()
    ]:
        if run and number(setting.value) >= number(run[-1].value):
            run = []
        run.append(setting)
        if len(run) > 2 and number(setting.value) == 0:
            yield run[0].line, [number(one.value) for one in run]


def _numbers(values: Sequence[str]) -> list[float]:
    return [float(value) for value in values] if all(value.isdigit() for value in values) else []


def _is_weight(key: str) -> bool:
    return key.endswith("/canary-weight")


def _reads_weight(word: str) -> bool:
    return (
        "canary-weight" in word
        and "=" not in word.replace("jsonpath=", "").replace("go-template=", "")
        and ":" not in word
    )


def _goes_back(page: Page, script: Script, line: int) -> bool:
    """Tell whether a line belongs to a rollback: by what is said above it, or by what was typed before it."""
    if _BACK.search(_said(script, line)):
        return True
    safe = page.known.target.acting.safe
    before = [found for found in kubectl.every(script) if found.line <= line]
    if any(found.verb == "rollout undo" for found in before):
        return True
    given = [pair for found in before if found.verb == "set env" for pair in _pairs(found).items()]
    return any(safe.get(name) == value for name, value in given)


def _said(script: Script, line: int) -> str:
    return f"{script.title} {script.remark(line)}"


def _within(script: Script, line: int) -> bool:
    lines = [command.line for pipeline in script.pipelines for command in pipeline.commands]
    return bool(lines) and min(lines) <= line <= max(lines)


def _pairs(found: Kubectl) -> dict[str, str]:
    return {name: value for name, _, value in (setting.partition("=") for setting in found.settings)}


def _takes_out_canary(found: Kubectl) -> bool:
    return (
        (found.verb == "delete" and found.kind == "ingress")
        or found.verb in {"rollout undo", "set image"}
        or (found.verb == "scale" and found.flags.get("replicas") == "0")
    )


def _by_gate(script: Script) -> bool:
    return any(
        command.name == "gate" and command.args[:1] == ("rollback",)
        for pipeline in script.pipelines
        for command in pipeline.commands
    )
