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
    request: str = "request_metrics"
    endpoints: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {"/api/chat/ask": "chat", "/api/chat/ask-enhanced": "enhanced"}
    )


class Record(Protocol):
    """One JSON line, typed; None for what is not there. A wrong type makes the line a malformed one."""

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
    ("endpoint", str | None),
    ("known", int | None),
    ("repair_reason", str | None),
    ("repaired", bool | None),
    ("latency_ms", float | None),
    ("status", int | None),
    ("turn", int | None),
    ("ttft_ms", float | None),
)
_TIMES = frozenset({"timestamp", "ttft_ms"})  # what only samples need


def decoder(fields: Fields, *, times: bool = True) -> Decoder:
    """Return a decoder of lines with these names; a field that it leaves out costs next to nothing."""
    wanted = [(name, kind, None) for name, kind in _TYPES if times or name not in _TIMES]
    names = {name: cast("str", getattr(fields, name)) for name, _, _ in wanted}
    struct = msgspec.defstruct("Line", wanted, rename=names, gc=False, kw_only=True)
    return cast("Decoder", msgspec.json.Decoder(struct))
