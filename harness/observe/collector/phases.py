"""What each phase needs to have observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.target import Watched

Where: TypeAlias = Literal["staging", "production"]


@dataclass(frozen=True, slots=True)
class Needs:
    """Where phases look, whether they need the routing's streams, and which of them are watched over time."""

    where: Where
    routing: bool = False
    watched: tuple[Watched, ...] = ()


PHASES: dict[str, Needs] = {
    "staging": Needs("staging", watched=("staging",)),
    "canary": Needs("production", routing=True, watched=("canary",)),
    "rollout": Needs("production"),
    "rollback": Needs("staging"),
    "flags": Needs("staging"),
    "postdeploy": Needs("production", watched=("postdeploy",)),
    "bugbash": Needs("staging"),
    "a11y": Needs("staging"),
    "troubleshoot": Needs("production", watched=("troubleshoot",)),
    "context": Needs("production"),
}


def needs(phases: Iterable[str]) -> tuple[Needs, ...]:
    """Return what these phases need together, each environment once, in the order they were given."""
    found: dict[Where, Needs] = {}
    for phase in phases:
        need = PHASES[phase]
        before = found.get(need.where, Needs(need.where))
        watched = tuple(dict.fromkeys((*before.watched, *need.watched)))
        found[need.where] = Needs(need.where, before.routing or need.routing, watched)
    return tuple(found.values())
