"""Which fields of a log line carry what: settings, since deployments differ."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from typing import TYPE_CHECKING, Protocol, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the fields, of the event that stands for one request, and of our endpoints by theirs."""

    event: str = "event"
    timestamp: str = "timestamp"
    version: str = "version"
    endpoint: str = "endpoint"
    status: str = "status"
    latency_ms: str = "latency_ms"
    ttft_ms: str = "ttft_ms"
    turn: str = "turn"
    known: str = "msg_count_before"  # messages known before this turn
    repair_reason: str = "repair_reason"  # a text: this answer was repaired
    repaired: str = "schema_repair"  # or a flag that says so
    session: str = "session_id_hash"
    synthetic: str = "synthetic"  # true for traffic that says it is no user's
    rating: str = "rating"
    kind: str = "event_type"
    reasons: str = "reasons"
    request: str = "request_metrics"
    repair_event: str = "schema_repair"
    failure_event: str = "schema_validation_failed"
    unsaved_event: str = "persist_error"
    feedback_event: str = "user_feedback"
    ui_event: str = "ui_telemetry"
    completed: str = "session_completed"  # kinds of UI events
    shown: str = "examples_served"
    clicked: tuple[str, ...] = ("example_clicked", "suggested_action_clicked")
    negative: str = "negative"
    endpoints: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {"/api/chat/ask": "chat", "/api/chat/ask-enhanced": "enhanced"}
    )


class Record(Protocol):
    """One JSON line, typed; None for what is not there. A wrong type makes the line a malformed one.

    `timestamp` and `ttft_ms` are there if the decoder was asked for times, from `session` on if asked for more.
    """

    event: str | None
    timestamp: str | None
    version: str | None
    endpoint: str | None
    status: int | None
    latency_ms: float | None
    ttft_ms: float | None
    turn: int | None
    known: int | None
    repair_reason: str | None
    repaired: bool | None
    session: str | None
    synthetic: bool | None
    rating: str | int | None
    kind: str | None
    reasons: list[str] | str | None


class Decoder(Protocol):
    """What the parser needs of msgspec's decoder."""

    def decode(self, buf: bytes, /) -> Record:
        """Decode one line."""
        ...

    def decode_lines(self, buf: bytes, /) -> Sequence[Record]:
        """Decode lines of JSON; all of them or none."""
        ...


# in the order in which lines have them: msgspec looks for a field after the last one first
_TYPES: tuple[tuple[str, object], ...] = (
    ("timestamp", str | None),
    ("event", str | None),
    ("version", str | None),
    ("kind", str | None),
    ("rating", str | int | None),
    ("reasons", list[str] | str | None),
    ("endpoint", str | None),
    ("session", str | None),
    ("known", int | None),
    ("repair_reason", str | None),
    ("repaired", bool | None),
    ("latency_ms", float | None),
    ("status", int | None),
    ("turn", int | None),
    ("ttft_ms", float | None),
    ("synthetic", bool | None),
)
_TIMES = frozenset({"timestamp", "ttft_ms"})  # what only samples need

_MORE = frozenset({"session", "synthetic", "rating", "kind", "reasons"})  # what only sessions and failures need


def decoder(fields: Fields, *, times: bool = True, more: bool = False) -> Decoder:
    """Return a decoder of lines with these names; a field that it leaves out costs next to nothing."""
    left_out = (frozenset[str]() if times else _TIMES) | (frozenset[str]() if more else _MORE)
    wanted = [(name, kind, None) for name, kind in _TYPES if name not in left_out]
    names = {name: cast("str", getattr(fields, name)) for name, _, _ in wanted}
    struct = msgspec.defstruct("Line", wanted, rename=names, gc=False, kw_only=True)
    return cast("Decoder", msgspec.json.Decoder(struct))
