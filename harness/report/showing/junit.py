"""junit.xml: one test case per runbook line, for CI's widgets. A view, never evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.report.showing import about, document, text, told
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.report.deciding.model import Decision, Judged

KINDS = {Outcome.VIOLATED: "failure", Outcome.UNKNOWN: "error"}


def render(made: Decision) -> bytes:
    """Return the XML: VIOLATED is a failure, UNKNOWN and what did not run an error, nothing is skipped.

    A waived line is neither; its case tells the outcome and the waiver on its standard output.
    """
    suite = ET.Element("testsuite", name=f"runbook.{made.phase}", hostname=_safe(made.environment or "unknown"))
    suite.set("tests", str(len(made.lines) + 1))
    suite.set("skipped", "0")
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(made):
        _ = ET.SubElement(properties, "property", name=_safe(name), value=_safe(value))
    for line in made.lines:
        _case(suite, made, line)
    _gate(suite, made)
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suites = ET.Element("testsuites", name=f"gate {made.phase}")
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="utf-8", xml_declaration=True) + b"\n"


def _properties(made: Decision) -> Iterator[tuple[str, str]]:
    """Give what was decided and about what, by the names that verdict.json has."""
    for name, value in document.about(made).items():
        if isinstance(value, str | bool | float | int):
            yield name, str(value)
    images: Mapping[str, tuple[str, ...]] = made.run.image_digests if made.run else {}
    for arm, found in sorted(images.items())[: about.ARMS]:
        yield f"image_digests.{arm}", ", ".join(found)
    yield "git.commit", about.commit(made) or "unknown"
    yield "window.start", document.when(made.started) or "unknown"
    yield "window.end", document.when(made.finished) or "unknown"
    yield "previous", text.before(made)


def _case(suite: ET.Element, made: Decision, line: Judged) -> None:
    name = _safe(f"{line.id} {line.says}")
    case = ET.SubElement(suite, "testcase", classname=f"runbook.{made.phase}", name=name, time="0")
    if line.waived is not None:
        said = f"{line.outcome.name}{f' ({line.reason})' if line.reason else ''}: {line.because}"
        ET.SubElement(case, "system-out").text = _safe(f"{said}\n{text.waived_by(line.waived)}")
    elif line.outcome in KINDS:
        kind = line.reason or line.outcome.name
        said = "not run" if line.reason is Reason.NOT_RUN else line.because
        found = ET.SubElement(case, KINDS[line.outcome], type=str(kind), message=_safe(said))
        found.text = _safe(line.because)


def _gate(suite: ET.Element, made: Decision) -> None:
    """Add the decision itself as a case: CI's widgets show nothing else."""
    gate = ET.SubElement(suite, "testcase", classname=f"runbook.{made.phase}", name="gate decision", time="0")
    if made.decision != "GO":
        kind = "failure" if made.decision == "NO_GO" else "error"
        found = ET.SubElement(gate, kind, type=made.decision, message=_safe(made.decision))
        found.text = _safe("\n".join(f"{b.code} {b.line or ''}: {b.message}" for b in made.blockers))
    first = told.of(made)
    said = [f"{text.GLASS} {one}" for one in text.glass(made)]
    said += [f"{asked}: {answer}" for asked, answer in first.rows] if first else []
    if said:
        ET.SubElement(gate, "system-out").text = _safe("\n".join(said))


def _safe(said: str) -> str:
    """Return what XML 1.0 can carry."""
    return "".join(c for c in text.plain(said) if c in "\t\n" or (ord(c) >= 0x20 and ord(c) not in {0xFFFE, 0xFFFF}))
