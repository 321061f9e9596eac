"""What a fault may know of a request, and what it may do to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Defect: TypeAlias = Literal["", "title", "block", "meta"]
"""What is wrong with an answer; "" for nothing."""

Figures: TypeAlias = Literal["", "error", "null", "string", "nan", "missing", "frozen", "backwards"]
"""How the pod's documents about itself lie; "" for not at all."""

Showing: TypeAlias = Literal["", "seeded", "braces", "asked", "marked"]
"""How what the page is given to offer is spoilt; "" for not at all."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One request, as a fault may see it.

    `commit` is this build, `other` the other one; `track` what the pod is (stable, canary, ""); `canary_cookie`
    the value of the routing cookie; `turn` counts a conversation's turns from 1 and is 0 outside one, as `tier`
    (regular, enhanced) is "" there. `route` is the path's pattern or "other"; `first` marks one pod of each
    Service. `wall_s` is the time of day in seconds, the same for all pods; `since_s` how long ago a fault was last
    switched; `draw` is drawn once for each request, uniformly from 0 to 1. `draining` says that the pod is going away,
    `store` where it keeps conversations first, `weight` what the canary's route asks for in percent, `own` which
    settings stand in the Deployment itself.
    """

    commit: str
    other: str
    track: str
    canary_cookie: str | None
    turn: int = 0
    tier: str = ""
    prompt_bytes: int = 0
    streamed: bool = False
    route: str = ""
    pod: str = ""
    first: bool = False
    environment: str = ""
    wall_s: float = 0.0
    since_s: float = 0.0
    draw: float = 1.0
    draining: bool = False
    store: str = "redis"
    weight: int = 0
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Effects:
    """What the answer does; all but `commit` are the healthy product unless given.

    `commit` is the build it names, None for no name at all. `status` other than 0 is answered instead of an answer.
    The model takes `takes_s`, or what it draws times `factor`, and `plus_s` more; `first_factor` shifts the first
    content within that time. `freeze_s` is for how long nothing moves, `serial` means one answer at a time.
    `draft` is what is wrong before the schema guard, which mends it if `repairable`; `wire` what is wrong after it.

    Of a conversation, `forgets` means that nothing of it is known, `parted` only what this build answered itself;
    `unmirrored` that the second store is left out and nobody notices, `overwrites` that a turn writes the whole
    conversation as it was when it began, `foreign` that whoever knows a conversation's id is taken for its owner.
    `unified`, `examples` and `actions` are what is done where it is not what is configured (None), `shown` what
    the pod says of its flags where that is not what is configured.
    """

    commit: str | None
    status: int = 0
    takes_s: float | None = None
    factor: float = 1.0
    plus_s: float = 0.0
    first_factor: float = 1.0
    freeze_s: float = 0.0
    serial: bool = False
    unsaved: bool = False
    forgets: bool = False
    draft: Defect = ""
    repairable: bool = True
    wire: Defect = ""
    canned: bool = False
    other_session: bool = False
    echoes: bool = False  # the answer is the question
    parted: bool = False
    unmirrored: bool = False
    overwrites: bool = False
    foreign: bool = False
    unready: bool = False
    unified: bool | None = None
    examples: bool | None = None
    actions: bool | None = None
    shown: tuple[tuple[str, bool], ...] = ()
    html: bool = False
    figures: Figures = ""
    showing: Showing = ""
    alerts: frozenset[str] = frozenset()

    def lasts_s(self, drawn_s: float) -> float:
        """Return how long the model takes for what it drew, in seconds."""
        return (drawn_s * self.factor if self.takes_s is None else self.takes_s) + self.plus_s
