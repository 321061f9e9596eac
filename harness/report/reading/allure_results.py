"""Allure's results, each reduced to what the gate compares as soon as it is read, and the attachments they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import msgspec

from harness.report.deciding.kept import Results
from harness.report.deciding.model import Blocker, Result
from harness.report.reading import strict
from harness.report.reading.attachments import Attachments, base
from harness.report.reading.parsed import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RESULT = "-result.json"
READ: Final = (RESULT, "-container.json", "-globals.json")  # what can name an attachment
SELF_EXCUSES = ("known", "muted", "flaky")


class _Details(msgspec.Struct, frozen=True):
    known: bool = False
    muted: bool = False
    flaky: bool = False


class _Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    value: str


class _AnyLabel(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Raw(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    status: str | None = None
    status_details: _Details | None = None
    history_id: str | None = None
    start: int | None = None
    stop: int | None = None
    labels: tuple[_AnyLabel, ...] = ()


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    known: bool | None = None
    flaky: bool | None = None
    message: str | None = None
    trace: str | None = None


class _Attachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str | None = None
    source: str | None = None
    type: str | None = None


class _Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str | None = None
    value: str | None = None
    excluded: bool | None = None
    mode: str | None = None


class _Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    type: str | None = None
    url: str | None = None
    name: str | None = None


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """A result without steps as allure-pytest writes it, its fields in that order; what is empty is not there."""

    name: str = ""
    status: str | None = None
    status_details: _Told | None = None
    stage: str | None = None
    description: str | None = None
    description_html: str | None = None
    attachments: tuple[_Attachment, ...] = ()
    parameters: tuple[_Parameter, ...] = ()
    start: int | None = None
    stop: int | None = None
    uuid: str | None = None
    history_id: str | None = None
    test_case_id: str | None = None
    full_name: str | None = None
    labels: tuple[_Label, ...] = ()
    links: tuple[_Link, ...] = ()
    title_path: tuple[str, ...] = ()


_READER: Final = msgspec.json.Decoder(_Written)
_WRITER: Final = msgspec.json.Encoder()


class Reader:
    """Takes one file after the other and keeps of each what is compared later."""

    def __init__(self, names: Iterable[str], troubles: list[Blocker]) -> None:
        """Take files of these names, each below FOLDER, and add whatever is wrong to `troubles`."""
        self.results = Results()
        self._troubles = troubles
        self._attachments = Attachments(names)

    def take(self, name: str, content: bytes | None) -> None:
        """Take a file of the folder; `content` counts for files of READ only, None is one that is too large."""
        self._attachments.there(name)
        if not name.endswith(READ):
            return
        try:
            whole = _whole(content)
            if name.endswith(RESULT):
                self.results.append(self._result(base(name), whole))
            else:
                self._attachments.named(sources(strict.loads(whole)))
        except (strict.Malformed, msgspec.ValidationError) as trouble:
            self._troubles.append(damaged(name, trouble))

    def _result(self, file: str, content: bytes) -> Result:
        written = quick(content)
        if written is not None:
            self._attachments.named(one.source for one in written.attachments if one.source is not None)
            return self._reduced(file, written)
        value = strict.loads(content)
        self._attachments.named(sources(value))
        return self._reduced(file, msgspec.convert(value, _Raw))

    def _reduced(self, file: str, raw: _Written | _Raw) -> Result:
        lines, runs = list[str](), list[str]()
        for label in raw.labels:
            if label.name == "runbook":
                lines.append(label.value)
            elif label.name == "run":
                runs.append(label.value)
        return Result(
            file=file,
            name=raw.name,
            status=raw.status,
            lines=tuple(lines),
            runs=tuple(runs),
            history_id=raw.history_id,
            flags=_flags(raw.status_details),
            start_ms=raw.start,
            stop_ms=raw.stop,
        )

    def finish(self) -> None:
        """Compare the attachments that are named with those that are there."""
        self._troubles += self._attachments.troubles()


def quick(content: bytes) -> _Written | None:
    """Return a result that is byte by byte as allure-pytest writes one; None if it takes the strict reader to tell.

    Writing again what was read gives the same bytes (see strict), so nothing in them was passed over, and
    each field here has the value that the strict reader finds. Nothing in a `_Written` nests deeper than four levels.
    """
    try:
        written = _READER.decode(content)
        return written if strict.laid_out(content, _WRITER.encode(written)) else None
    except strict.UNREADABLE:
        return None


def sources(value: object) -> set[str]:
    """Return every attachment that a result names, in its steps and fixtures too."""
    found: set[str] = set()
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            left.extend(cast("Sequence[object]", inner))
        elif isinstance(inner, dict):
            pairs = cast("Mapping[str, object]", inner)
            left.extend(pairs.values())
            source = pairs.get("source")
            if isinstance(source, str):
                found.add(source)
    return found


def _flags(details: _Told | _Details | None) -> tuple[str, ...]:
    return () if details is None else tuple(flag for flag in SELF_EXCUSES if getattr(details, flag, False))


def _whole(content: bytes | None) -> bytes:
    if content is None:
        raise strict.Malformed(f"larger than {strict.MAX_BYTES} bytes")
    return content
