"""What comes next in a rollout: a pure function of where it stands and what the cluster shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.act.rollout.state import PERCENT, STEPS

if TYPE_CHECKING:
    from harness.act.rollout.state import State, Step

Do: TypeAlias = Literal["keep", "weight", "image", "unroute", "reroute", "verify", "release"]


@dataclass(frozen=True, slots=True)
class Found:
    """What the cluster shows: the canary's weight (None: no readable one), stable's image, the canary's route.

    `rolled`: stable's Deployment has come to rest with its template on every pod; `rolling` says how far, if not.
    """

    percent: float | None
    image: str
    route: bool
    rolled: bool = True
    rolling: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One change, and the step that it belongs to; "back" steps lead users away from the candidate."""

    do: Do
    step: Step | Literal["back"]
    percent: int = 0
    image: str = ""

    def __str__(self) -> str:
        """Say it as a progress line does."""
        match self.do:
            case "weight":
                return f"weight {self.percent}"
            case "image":
                return f"stable gets {self.image}"
            case "reroute":
                return f"the canary's route comes back with weight {self.percent}"
            case _:
                return _WORDS[self.do]


_WORDS = {
    "keep": "metrics of before are kept",
    "unroute": "the canary's route is taken away",
    "verify": "answers are verified",
    "release": "the rollout's note is taken away",
}


def next_action(state: State, found: Found, candidate_image: str) -> Action:
    """Return the next action; a step that was announced and not seen is taken again, which changes nothing twice.

    Forward: 50, 100, stable's image, the canary's route. Back, from wherever: first stable's image, while users still
    have an arm that is whole, then the route and its weight; after that users are looked at.
    """
    return _forward(state, candidate_image) if state.way == "forward" else _back(state, found)


def _forward(state: State, candidate_image: str) -> Action:
    step = state.step
    if state.verified:
        after = STEPS.index(step) + 1
        if after == len(STEPS):
            return Action("release", step)
        step = STEPS[after]
    match step:
        case "snapshot":
            return Action("keep", step)
        case "half" | "all":
            return Action("weight", step, percent=PERCENT[step])
        case "promote":
            return Action("image", step, image=candidate_image)
        case "unroute":
            return Action("unroute", step)
        case "verify":
            return Action("verify", step)


def _back(state: State, found: Found) -> Action:
    target = state.target_percent
    if found.image != state.image or (state.replaced and not found.rolled):
        return Action("image", "back", image=state.image)
    if not found.route and state.route is not None:
        return Action("reroute", "back", percent=target)
    if found.percent != target:
        return Action("weight", "back", percent=target)
    return Action("release" if state.verified else "verify", "back", percent=target)
