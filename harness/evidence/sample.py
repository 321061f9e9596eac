"""One thing that was seen, whatever saw it: what every source of figures hands to the windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.judge.answers import Arm


@dataclass(frozen=True, slots=True)
class Sample:
    """One request as one source saw it.

    `at_s` is when it was due, in seconds of UTC since 1970, and decides its window; durations are seconds on a
    clock that never goes back. `latency_s` counts from when it was due; None without an answer. `error` is any
    kind of failure ("" for none): "5xx", "timeout", "refused", "capped", "invalid", ... `late_s` is how much after
    its due time it was sent, which is the generator's doing. `arm` is None where the answer does not say.
    """

    at_s: float
    stream: str
    endpoint: str
    arm: Arm | None
    latency_s: float | None
    error: str = ""
    late_s: float = 0.0
