"""The addresses of `gate serve` and what stands at each; knows nothing of sockets."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import jinja2

from harness.errors import UsageError
from harness.report import files
from harness.report.serving import folders
from harness.report.showing import text
from harness.report.signing import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.serving.serving import Answer, Decisions

TEMPLATES: Final = Path(__file__).parent.parent / "showing" / "templates"
JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"
KINDS: Final[Mapping[str, str]] = {
    "verdict.html": HTML,
    "verdict.md": "text/markdown; charset=utf-8",
    "verdict.json": JSON,
    "verdict.intoto.json": JSON,
    "junit.xml": "application/xml",
}
ASKABLE: Final = tuple(name for name in verify.EXPECTABLE if name not in {"phase", "decision"})
MOST_ASKED: Final = 16
SHOWN: Final = 5  # reasons of one phase on the page; JSON has them all
CSS: Final[Mapping[str, str]] = {"GO": "met", "NO_GO": "violated", "INCONCLUSIVE": "unknown"}

DECISION: Final = re.compile(r"/v1/decisions/([a-z0-9_-]{1,64})")  # matched as sent: nothing in a path is decoded
FILE: Final = re.compile(rf"/runs/({folders.NAME.pattern})/([a-z.]{{1,32}})")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `shown` is what the log may call the address, without what a client put into it."""

    status: int
    kind: str
    body: bytes
    shown: str = "-"


class Site:
    """Everything that can be asked for, read-only."""

    def __init__(self, decisions: Decisions) -> None:
        """Answer from these."""
        self._decisions = decisions

    def reply(self, target: str) -> Reply:
        """Return what stands at an address as a client sent it: its path and, after a question mark, a query."""
        path, _, query = target.partition("?")
        if path == "/healthz":
            return _json({"ok": True}, path)
        if path == "/":
            return Reply(HTTPStatus.OK, HTML, self._index().encode(), path)
        if found := DECISION.fullmatch(path):
            return self._decision(found[1], query)
        if found := FILE.fullmatch(path):
            return self._file(found[1], found[2])
        return refused(HTTPStatus.NOT_FOUND)

    def _decision(self, phase: str, query: str) -> Reply:
        known = self._decisions.phases()
        if phase not in known:
            said = f"phase {phase}: wanted one of {', '.join(known)}"
            return _json({"error": said}, "an unknown phase", HTTPStatus.NOT_FOUND)
        shown = f"/v1/decisions/{phase}"
        try:
            about = asked(query)
        except UsageError as trouble:
            return _json({"error": str(trouble)}, shown, HTTPStatus.BAD_REQUEST)
        return _json(self._decisions.of(phase, about), shown)

    def _file(self, run: str, name: str) -> Reply:
        if name not in KINDS:
            return refused(HTTPStatus.NOT_FOUND)
        try:
            content = folders.read(self._decisions.reports / run, name)
        except OSError:
            content = None
        if content is None:
            return refused(HTTPStatus.NOT_FOUND)
        return Reply(HTTPStatus.OK, KINDS[name], content, f"/runs/{run}/{name}")

    def _index(self) -> str:
        answers = [self._decisions.of(phase) for phase in self._decisions.phases()]
        environments = self._decisions.wants.values.get("environment", ())
        return _template().render(rows=[self._row(answer) for answer in answers], only=", ".join(environments))

    def _row(self, answer: Answer) -> dict[str, object]:
        run = answer.run or ""
        return {
            "phase": answer.phase,
            "name": text.TITLES[answer.decision],
            "css": CSS[answer.decision],
            "because": answer.because,
            "reasons": answer.reasons[1 : SHOWN + 1],
            "more": max(0, len(answer.reasons) - SHOWN - 1),
            "environment": answer.environment,
            "rehearsal": answer.rehearsal,
            "until": answer.expires_at if answer.valid else None,
            "run": run,
            "files": self._there(run),
        }

    def _there(self, run: str) -> list[str]:
        """Return which of a run's files can be asked for."""
        if not folders.NAME.fullmatch(run):
            return []
        folder = self._decisions.reports / run
        return [name for name in KINDS if (folder / name).is_file() and not (folder / name).is_symlink()]


def asked(query: str) -> dict[str, str]:
    """Read `name=value&...`: what a decision has to be about; UsageError for anything that nothing is signed for."""
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_ASKED)
    except ValueError as trouble:
        raise UsageError(f"query: wanted NAME=VALUE&..., at most {MOST_ASKED}, got something else") from trouble
    about = dict(pairs)
    if len(about) != len(pairs) or not all(name in ASKABLE and value for name, value in pairs):
        raise UsageError(f"query: wanted NAME=VALUE, each name once and one of {', '.join(ASKABLE)}")
    return about


def refused(status: int) -> Reply:
    """Return an error's answer, in words that no client chose."""
    return _json({"error": HTTPStatus(status).phrase}, "-", status)


def _json(value: object, shown: str, status: int = HTTPStatus.OK) -> Reply:
    return Reply(status, JSON, files.encode(value) + b"\n", shown)


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("decisions.html.jinja")
