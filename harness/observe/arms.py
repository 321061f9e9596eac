"""Which build gave an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from harness.judge.identity import same_commit
from harness.target import ARMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.target import Arm, ArmFrom, Build


class Teller:
    """Tell versions and arms from answers, as the profile says; each distinct version is compared once."""

    def __init__(self, source: ArmFrom, builds: Mapping[Arm, Build]) -> None:
        """Take the profile's source of versions and its two builds."""
        self._source = source
        self._paths = tuple(tuple(path.split(".")) for path in source.body)
        self._builds = builds
        self._known: dict[str, Arm | None] = {}

    def header(self, headers: Mapping[str, str]) -> str | None:
        """Return the version that the headers name."""
        return (headers.get(self._source.header) or "").strip() or None

    def body(self, body: bytes, content_type: str) -> str | None:
        """Return the version that a JSON body names at the first of the profile's locations that is there."""
        if "json" not in content_type:
            return None
        try:
            document = cast("object", msgspec.json.decode(body))
        except msgspec.DecodeError:
            return None
        return next((found for path in self._paths if (found := _text_at(document, path))), None)

    def arm(self, header: str | None, body: str | None) -> Arm | None:
        """Return the arm whose build alone the answer names; None for none, a third, or two alike."""
        version = {"header": header, "body": body, "none": None}[self._source.kind]
        if not version:
            return None
        if version not in self._known:
            arms: list[Arm] = [a for a in ARMS if a in self._builds and same_commit(version, self._builds[a].commit)]
            self._known[version] = arms[0] if len(arms) == 1 else None
        return self._known[version]


def _text_at(document: object, path: tuple[str, ...]) -> str | None:
    """Return the non-empty text at a location of a JSON document."""
    for key in path:
        if not isinstance(document, dict):
            return None
        document = cast("dict[str, object]", document).get(key)
    return document.strip() or None if isinstance(document, str) else None
