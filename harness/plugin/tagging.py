"""What the Allure report needs to tell runs, environments and reasons apart."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import allure
import allure_commons

from harness.report import files, looks, outcomes
from harness.report.showing import chart, executor
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from harness.plugin.keys import Context
    from harness.runbook import Line
    from harness.runbook_tests import SuiteTest
    from harness.verdict import Verdict

SEVERITY = {"L1": "normal", "L2": "critical", "L3": "blocker", "lead": "blocker"}
MEANS: Mapping[Reason, str] = {
    Reason.NO_DATA: "nothing was measured",
    Reason.SAMPLE_TOO_SMALL: "too little was measured",
    Reason.GAP: "the watch has a hole",
    Reason.GENERATOR_INVALID: "our own traffic was not as planned",
    Reason.INTERRUPTED: "stopped before its end",
    Reason.NOT_RUN: "not run",
    Reason.STALE: "what was measured is too old",
    Reason.NEEDS_SIGNOFF: "a person has to sign",
    Reason.ERROR: "the check itself failed",
}
# allure ships no types; this module is the only one that knows it
_allure: Any = allure
_hooks: Any = allure_commons.plugin_manager.hook
_hookimpl: Any = allure_commons.hookimpl


def hide(config: pytest.Config) -> None:
    """Keep secrets out of this session's results, until it ends."""
    plugins: Any = allure_commons.plugin_manager
    hiding = Hiding()
    plugins.register(hiding)
    config.add_cleanup(lambda: plugins.unregister(hiding))


def labels(context: Context, test: SuiteTest) -> None:
    """Mark the running test's result with what it belongs to."""
    line, environment = context.lines[test.line], context.environment(test)
    for name, value in {
        "runbook": line.id,
        "phase": context.asked(test),
        "environment": environment,
        "run": context.folder.id,
        "target": context.target.name,
        "severity": SEVERITY[line.escalation],
    }.items():
        _allure.dynamic.label(name, value)
    _allure.dynamic.parameter("environment", environment)  # not excluded: part of the result's history


def title(context: Context, test: SuiteTest) -> None:
    """Name the running test's result after what its line says."""
    line = context.lines[test.line]
    _allure.dynamic.title(f"{line.id} {line.says}")


def verdict(said: Verdict, where: Path, line: Line | None) -> None:
    """Put the verdict's sentence, facts and pictures into the running test's result, pictures also in `where`."""
    _allure.dynamic.description(str(said))
    facts = files.encode(outcomes.as_json(said))
    _allure.attach(facts, name="verdict", attachment_type=_allure.attachment_type.JSON)
    if line is not None:
        with contextlib.suppress(Exception):  # a picture that can't be drawn or kept changes no verdict
            _pictures(said, where, line)
    with contextlib.suppress(Exception):
        pages(said, where)


def _pictures(said: Verdict, where: Path, line: Line) -> None:
    for name, picture in chart.of(f"{line.id} {line.says}", said.facts).items():
        _allure.attach(picture, name=name, attachment_type=_allure.attachment_type.SVG)
        files.write_whole(where / f"{line.id}-{name.replace(' ', '-')}.svg", picture.encode())


def pages(said: Verdict, where: Path) -> None:
    """Put a look's pictures into the running test's result: with what was found marked, else as they are.

    `where` is the run's `artifacts`. A marked picture is also kept beside the picture itself.
    """
    found: Any = [*_list(said.facts, "findings"), *_list(said.facts, "to_look_at")]
    folder = where / "page"
    marked = looks.marked(folder, found)
    for file, picture in marked.items():
        name = f"{file.removesuffix('.png')}-marked"
        _allure.attach(picture, name=name, attachment_type=_allure.attachment_type.PNG)
        files.write_whole(folder / f"{name}.png", picture)
    for picture in _list(said.facts, "pictures"):
        file = folder / picture["file"]
        if picture["file"] not in marked and file.is_file():
            name = f"{picture['name']} [{picture['state']}]"
            _allure.attach.file(str(file), name=name, attachment_type=_allure.attachment_type.PNG)
    if found:
        _allure.attach(looks.told(found), name="what was found", attachment_type=_allure.attachment_type.TEXT)


def film(name: str, webp: bytes) -> None:
    """Put a film into the running test's result."""
    _allure.attach(webp, name=name, attachment_type="image/webp", extension="webp")


def trace(file: Path) -> None:
    """Put a trace into the running test's result; its name says how to open it, once it is downloaded."""
    name = f"{file.name}: python -m playwright show-trace FILE"
    _allure.attach.file(str(file), name=name, attachment_type="application/zip", extension="zip")


def trouble(file: Path) -> None:
    """Put the page as it was when it could not be looked at into the running test's result."""
    _allure.attach.file(str(file), name="the page at that moment", attachment_type=_allure.attachment_type.PNG)


def _list(facts: Mapping[str, Any], name: str) -> list[Any]:
    found = facts.get(name)
    return found if isinstance(found, list) else []  # type: ignore[reportUnknownVariableType]


def write_setup(context: Context) -> None:
    """Write the files that Allure reads beside the results."""
    folder, run = context.folder.allure, context.folder.id
    files.write_json(folder / "categories.json", categories())
    files.write_json(folder / "executor.json", executor.document(run, report_name(context), os.environ))
    write_environment(context, {})


def report_name(context: Context) -> str:
    """Name Allure's pages after what was asked for: phase, environment and target."""
    controller = context.controller
    phases = ", ".join(controller.phases) if controller and controller.phases else "verification"
    environment = controller.serving.environment() if controller and controller.serving else None
    return f"{phases} on {environment}, {context.target.name}" if environment else f"{phases}, {context.target.name}"


def write_environment(context: Context, known: Mapping[str, str | None]) -> None:
    """Write environment.properties: what the run is about, as far as it is known."""
    facts: dict[str, str | None] = {
        "run": context.folder.id,
        "target": context.target.name,
        "rehearsal": str(context.target.rehearsal).lower(),
        **known,
    }
    text = "".join(f"{key}={_property(value)}\n" for key, value in facts.items())
    files.write_whole(context.folder.allure / "environment.properties", text.encode())


def _property(value: str | None) -> str:
    return "unknown" if value is None else value.replace("\\", "\\\\").replace("\n", " ")


def categories() -> list[Mapping[str, object]]:
    """Return the categories, of which Allure takes the first that matches: VIOLATED, each reason, then what is left.

    The expressions are read by Java and by JavaScript, whole or in part, so they name both ends and set no flags. What
    stands before the outcome has no bracket in it, so another outcome that is quoted later on is not taken for it.
    """
    violated: Mapping[str, object] = {
        "name": "VIOLATED: the line is broken",
        "matchedStatuses": ["failed"],
        "messageRegex": rf"^[^(]*{Outcome.VIOLATED.name}: [\s\S]*$",
    }
    unknown: list[Mapping[str, object]] = [
        {
            "name": f"UNKNOWN, {reason.value}: {MEANS[reason]}",
            "matchedStatuses": ["broken"],
            "messageRegex": rf"^[^(]*{Outcome.UNKNOWN.name} \({reason.value}\): [\s\S]*$",
        }
        for reason in Reason
    ]
    skipped: Mapping[str, object] = {
        "name": f"UNKNOWN, {Reason.NOT_RUN.value}: skipped",
        "matchedStatuses": ["skipped"],
    }
    rest: Mapping[str, object] = {
        "name": f"UNKNOWN, {Reason.ERROR.value}: an exception",
        "matchedStatuses": ["broken", "failed"],
    }
    return [violated, *unknown, skipped, rest]


class Hiding:
    """Takes the values of masked parameters out of what allure-pytest writes: it writes them in clear text."""

    @_hookimpl(tryfirst=True)
    def report_result(self, result: Any) -> None:
        """Hide in a test's result."""
        _hide(result)

    @_hookimpl(tryfirst=True)
    def report_container(self, container: Any) -> None:
        """Hide in what was done before and after a test."""
        for fixture in (*container.befores, *container.afters):
            _hide(fixture)


def _hide(item: Any) -> None:
    for parameter in item.parameters or ():
        if parameter.mode in {"masked", "hidden"}:
            parameter.value = "******"
    for step in item.steps or ():
        _hide(step)
