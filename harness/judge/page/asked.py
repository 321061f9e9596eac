"""One question that was asked on the page: what went over the wire, and what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """One POST to the product's ask address: the question and the conversation that its body names."""

    question: str
    session: str
    status: int  # 0: no answer came


@dataclass(frozen=True, slots=True)
class Asked:
    """A question typed (or clicked) on the page.

    `sent` are all questions that left the page because of it; `document` is the answer of the last one as the server
    wrote it, {} where none came that can be read. `by` says how it was sent: "click", "Enter", or what was clicked.
    """

    question: str
    by: str
    sent: tuple[Sent, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict[str, Any])
    took_s: float = 0.0

    def blocks(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Return the answer's blocks of one type."""
        found: Sequence[Mapping[str, Any]] = self.document.get("blocks") or ()
        return tuple(block for block in found if block.get("type") == kind)

    @property
    def actions(self) -> tuple[str, ...]:
        """Return the labels of the suggested actions that came with it, in order."""
        meta: Mapping[str, Any] = self.document.get("meta") or {}
        found: Sequence[Mapping[str, Any]] = meta.get("suggested_actions") or ()
        return tuple(str(action.get("label", "")) for action in found)
