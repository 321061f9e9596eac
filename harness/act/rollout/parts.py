"""What a rollout goes by, whom it tells, and the two ways in which a step ends early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from harness.act.kube import ActError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.rolled import Ended, Kept, RanPod

Outcome = Literal["finished", "taken back", "stopped"]


class Around(Protocol):
    """What a rollout reads besides its two objects."""

    def keep(self) -> tuple[Kept, ...]:
        """Read the metrics of before and keep them with the run."""
        ...

    def pods(self) -> tuple[RanPod, ...]:
        """Return stable's pods with their digests and commits."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What a rollout goes by: the candidate's image, commit and digest, and times in seconds."""

    image: str
    commit: str
    digest: str
    step_s: float
    half_s: float  # at 50 the share must be told, which may take more asks than step_s brings
    settle_s: float
    patience_s: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How a step goes: for the line that is printed each second."""

    what: str
    share: float | None
    failures: int
    to_go_s: float | None


class BackError(Exception):
    """The step ends here and the way leads back."""

    def __init__(self, why: str, ended: Ended) -> None:
        """Say why, and which kind of end it is."""
        super().__init__(why)
        self.ended: Ended = ended


class StoppedError(ActError):
    """Told to stop; the note stays, so that it can be taken up again."""


def _nothing(_: object) -> None:
    """Neither say nor do anything."""


def _never() -> bool:
    return False


@dataclass(slots=True)
class Hooks:
    """Who is told of progress, who hears each point reached, and who may say stop."""

    say: Callable[[Progress], None] = _nothing
    at: Callable[[str], None] = _nothing  # "half:announced", "half:changed", "half:seen", ...
    stop: Callable[[], bool] = _never
