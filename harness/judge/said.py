"""What a product says of itself, as its judges need it: figures of its documents, health, alerts."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field

from harness.judge.answers import Arm  # noqa: TC001  as above

COUNTED = ("validated", "repaired", "saved", "unsaved")
FIGURES = (*COUNTED, "repair_percent", "unsaved_percent", "p95_ms", "enhanced_p95_ms", "delta_p95_ms")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a document: its value, or None and why not; `place` is the location that was there."""

    value: float | None
    place: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class PodFigures:
    """What one pod's document said at the last reading, and what its counters rose by since the first.

    `risen` has a counter when it was read at least twice; it counts what is sure: a restart loses what its old
    process did after its last reading, which `restarts` counts. `first_s` is when the first good reading had come,
    `last_s` when the last good one was asked for (seconds of UTC): what happened in between was surely counted.
    `joined`: it was not there at the first look; `left`: it is there no more. `trouble` concerns the whole document.
    """

    pod: str
    arm: Arm | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict[str, Figure])
    risen: Mapping[str, float] = field(default_factory=dict[str, float])
    first_s: float | None = None
    last_s: float | None = None
    readings: int = 0
    restarts: int = 0
    joined: bool = False
    left: bool = False
    contradictions: tuple[str, ...] = ()
    trouble: str = ""

    def figure(self, name: str) -> Figure:
        """Return a figure; one that nobody looked for has no value."""
        return self.figures.get(name, Figure(None, why=self.trouble or "it was not read"))


@dataclass(frozen=True, slots=True)
class Health:
    """How one pod, or the ingress (`pod` empty), answered to the question for its health.

    `good`: 200 and a JSON object that says so. `asked` is false when it could not be asked from here. `said` puts
    the answer in words, `path` is the candidate it is about. `ready`: the cluster's word of a pod.
    """

    pod: str
    good: bool
    path: str = ""
    status: int | None = None
    said: str = ""
    asked: bool = True
    ready: bool | None = None

    @property
    def at(self) -> str:
        """Name it for people."""
        return f"pod {self.pod}" if self.pod else "the ingress"


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert that was active at `looks` looks at the pods of an arm."""

    name: str
    arm: Arm | None
    looks: int
