"""Where a rollout stands, kept in the cluster: an annotation on the stable Deployment, written before each change.

Whoever takes a rollout up again reads it there; a process's memory and a run's folder may be gone.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec

from harness.act.kube import ActError

KEY: Final = "onesource-verify/rollout"

Step: TypeAlias = Literal["snapshot", "half", "all", "promote", "unroute", "verify"]
Way: TypeAlias = Literal["forward", "back", "restore"]
STEPS: Final[tuple[Step, ...]] = ("snapshot", "half", "all", "promote", "unroute", "verify")
PERCENT: Final[dict[Step, int]] = {"half": 50, "all": 100}


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rollout: whose it is, how far, and what it found.

    `verified`: the step's change was seen; before that it is only announced. `way` back leads users to the stable
    build at weight 0, restore leads to what was found. `turn` rises each time it is taken up again, so that a process
    left over from before knows that it is not its rollout any more. `route` is the canary's Ingress as found.
    """

    run: str
    who: str
    since: str  # RFC 3339
    percent: int
    image: str
    container: str
    route: dict[str, Any] | None = None
    step: Step = "snapshot"
    verified: bool = False
    way: Way = "forward"
    turn: int = 1

    def text(self) -> str:
        """Return what the annotation says."""
        return msgspec.json.encode(self).decode()

    @property
    def about(self) -> str:
        """Say whose it is and where it stands."""
        how = "seen" if self.verified else "announced"
        way = "" if self.way == "forward" else f", on its way {'back' if self.way == 'back' else 'to what was found'}"
        return f"rollout {self.run} of {self.who} since {self.since}, step {self.step} {how}{way}"

    @property
    def replaced(self) -> bool:
        """Tell whether stable's pods may have been replaced."""
        return STEPS.index(self.step) >= STEPS.index("promote")

    @property
    def target_percent(self) -> int:
        """The weight that the way back leads to."""
        return self.percent if self.way == "restore" else 0


def read(text: str) -> State:
    """Read the annotation; ActError where it is none of ours."""
    try:
        return msgspec.json.decode(text, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
        raise ActError(
            f"annotation {KEY}: wanted the state of a rollout, got something else ({trouble}); "
            "find out who wrote it, then take it away with kubectl annotate"
        ) from trouble
