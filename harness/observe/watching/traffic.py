"""The traffic of a watch, as data: which scenarios, how many per second, through which door."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from harness.evidence.names import LOAD, TOGETHER
from harness.observe.load.plan import LONG_PROMPT, SOAK, Plan, Scenario
from harness.observe.routing import ask
from harness.target import ARMS, UrlPairRouting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.target import Environment, Load, Watched

USUAL_THINK_S: Final = 2.0  # what scenarios are written with
DRAIN_TURNS: Final = 10  # a conversation that began at the last moment gets time for its turns

ARMS_COMPARED: Final = (
    Scenario("three turns", turns=3, think_s=2.0, weight=4),
    Scenario("five turns", turns=5, think_s=2.0, weight=2),
    Scenario("enhanced", "enhanced", weight=40),
    Scenario("streamed", streamed=True, weight=24),
)
"""In production: conversations, half as many again enhanced requests, and streams, so that every comparison fills."""

_LONG: Final = Scenario("long prompt", "enhanced", prompt_bytes=LONG_PROMPT + 1, weight=60)
STAGING: Final = (*(one for one in SOAK if one.name != _LONG.name), _LONG)


@dataclass(frozen=True, slots=True)
class Flow:
    """One generator: its plan, where it goes, and the stream its samples belong to."""

    plan: Plan
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    stream: str = LOAD


def flows(
    phase: Watched, environment: Environment, load: Load, *, tokens: bool, shard: tuple[int, int] = (0, 1)
) -> tuple[Flow, ...]:
    """Return a phase's flows: one through the common door, or one pinned to each arm while a canary is out.

    Without `tokens` nobody can ask the enhanced endpoint, so nobody does: its lines then have no data. `shard` is
    this process' number and how many there are; the flows of all shards together are the plan.
    """
    scenarios = STAGING if phase == "staging" else ARMS_COMPARED
    planned = _plan(_for(scenarios, load, tokens=tokens), load.requests_per_s, load.seed, shard)
    if phase == "canary":
        way = "url" if isinstance(environment.routing, UrlPairRouting) else "header"
        doors = [door for arm in ARMS if (door := ask.pinned(environment, way, arm)) is not None]
        return tuple(
            Flow(replace(planned, seed=load.seed + number), door.url, door.headers) for number, door in enumerate(doors)
        )
    door = ask.plain(environment)
    if door is None:
        return ()
    found = (Flow(planned, door.url, door.headers),)
    return (*found, _together(door.url, load, tokens=tokens, shard=shard)) if phase == "staging" else found


def _plan(scenarios: Sequence[Scenario], requests_per_s: float, seed: int, shard: tuple[int, int]) -> Plan:
    """Return arrivals that make so many requests a second, at random instants."""
    each = Plan(1.0, (*scenarios,)).requests_per_s
    return Plan(requests_per_s / each, (*scenarios,), seed=seed, gaps="random", shard=shard[0], shards=shard[1])


def _for(scenarios: Sequence[Scenario], load: Load, *, tokens: bool) -> tuple[Scenario, ...]:
    think = load.think_s / USUAL_THINK_S
    kept = [one for one in scenarios if tokens or one.endpoint == "chat"]
    return tuple(replace(one, think_s=one.think_s * think) for one in kept)


def _together(url: str, load: Load, *, tokens: bool, shard: tuple[int, int]) -> Flow:
    """Return as many users at the same instant as the profile declares, again and again."""
    users = (
        Scenario("at once", sessions=load.at_once),
        Scenario("at once, enhanced", "enhanced", sessions=load.at_once),
    )
    kept = _for(users, load, tokens=tokens)
    return Flow(
        Plan(1 / load.at_once_every_s, kept, seed=load.seed, shard=shard[0], shards=shard[1]), url, {}, TOGETHER
    )
