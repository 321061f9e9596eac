"""What the load is: scenarios as data, and a schedule that follows from a seed and an index alone.

Nothing here knows the time or the target, so any arrival can be worked out again, by another process too:
shard k of n takes the indices k, k + n, k + 2n, ...
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Endpoint: TypeAlias = Literal["chat", "enhanced"]
Gaps: TypeAlias = Literal["even", "random"]

LONG_PROMPT = 4096  # bytes; long prompts are longer
BLOCK = 64  # arrivals that share one draw of random instants

_TOPICS = ("a travel plan", "a price table", "a reading list", "a release note", "a weekly menu", "a short poem")
_FILLER = "Take into account that the earlier notes of this project say the following about point {}: "


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of arrival: `sessions` conversations at once, each of `turns` turns.

    `think_s`: mean seconds between an answer and the next question, drawn evenly from half to one and a half of
    it. `prompt_bytes`: length of each question at least. `weight`: its share of the arrivals, relative.
    """

    name: str
    endpoint: Endpoint = "chat"
    turns: int = 1
    sessions: int = 1
    think_s: float = 0.0
    prompt_bytes: int = 0
    streamed: bool = False
    weight: float = 1.0


SOAK: tuple[Scenario, ...] = (
    Scenario("three turns", turns=3, think_s=2.0, weight=6),
    Scenario("five turns", turns=5, think_s=2.0, weight=4),
    Scenario("ten turns", turns=10, think_s=2.0, weight=2),
    Scenario("long prompt", "enhanced", prompt_bytes=LONG_PROMPT + 1, weight=24),
    Scenario("sessions at once", turns=2, sessions=5, think_s=1.0, weight=2),
    Scenario("streamed", turns=1, streamed=True, weight=12),
)
"""The soak traffic of P1-EXE-03 by default: half the requests are turns of conversations."""

KINDS: Mapping[str, str] = {
    "three turns": "conversations of three turns",
    "five turns": "of five",
    "ten turns": "of ten",
    "long prompt": "long prompts to enhanced chat",
    "sessions at once": "sessions side by side",
}
"""What the runbook wants of it, by the scenario's name."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One arrival: its number, when it is due (seconds after the start), and what it does."""

    index: int
    due_s: float
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Plan:
    """Arrivals at `rate_per_s`; `random` gaps are those of a Poisson process with its count fixed per block."""

    rate_per_s: float
    scenarios: tuple[Scenario, ...] = SOAK
    seed: int = 0
    gaps: Gaps = "even"
    shard: int = 0
    shards: int = 1
    bounds: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be scheduled."""
        weights = [scenario.weight for scenario in self.scenarios]
        sizes = [size for scenario in self.scenarios for size in (scenario.turns, scenario.sessions)]
        if not (self.rate_per_s > 0 and weights and min(weights) > 0 and min(sizes) > 0):
            raise ValueError("a plan needs a rate above 0 and scenarios with weights, turns and sessions above 0")
        if not 0 <= self.shard < self.shards:
            raise ValueError(f"shard {self.shard} of {self.shards}: shards are numbered from 0")
        total = sum(weights)
        object.__setattr__(self, "bounds", tuple(sum_ / total for sum_ in accumulate(weights))[:-1])

    @property
    def requests_per_s(self) -> float:
        """The mean rate of requests, turns and sessions counted."""
        total = sum(scenario.weight for scenario in self.scenarios)
        each = sum(scenario.weight * scenario.turns * scenario.sessions for scenario in self.scenarios)
        return self.rate_per_s * each / total

    def arrival(self, index: int) -> Arrival:
        """Return one arrival; the same for the same seed and index, for ever."""
        chosen = self.scenarios[bisect(self.bounds, draw(self.seed, "scenario", index))]
        if self.gaps == "even":
            return Arrival(index, index / self.rate_per_s, chosen)
        block, place = divmod(index, BLOCK)
        return Arrival(index, (block + _instants(self.seed, block)[place]) * BLOCK / self.rate_per_s, chosen)

    def arrivals(self, seconds: float, first: int = 0) -> Iterator[Arrival]:
        """Yield this shard's arrivals from number `first` on that are due before `seconds`."""
        index = first + (self.shard - first) % self.shards
        while (arrival := self.arrival(index)).due_s < seconds:
            yield arrival
            index += self.shards

    def think_s(self, arrival: Arrival, session: int, turn: int) -> float:
        """Return how long a user thinks before a turn (from 2 on)."""
        return arrival.scenario.think_s * (0.5 + draw(self.seed, "think", arrival.index, session, turn))

    def question(self, arrival: Arrival, session: int, turn: int) -> str:
        """Return a question; no two turns ask the same, and each refers to its conversation."""
        topic = _TOPICS[int(draw(self.seed, "topic", arrival.index, session) * len(_TOPICS))]
        number = f"{arrival.index}-{session}"
        text = f"Let us work on {topic}, number {number}." if turn == 1 else f"Turn {turn} on {topic} number {number}."
        text += " What comes next?"
        short = arrival.scenario.prompt_bytes - len(text)
        if short > 0:
            filler = _FILLER.format(turn)
            text += " " + (filler * (short // len(filler) + 1))[:short]
        return text


def draw(seed: int, what: str, *numbers: int) -> float:
    """Return a number in [0, 1) that follows from its arguments, in every process and version alike."""
    key = f"{seed}/{what}/{'/'.join(map(str, numbers))}".encode()
    return int.from_bytes(blake2b(key, digest_size=7).digest()) / 2**56


@lru_cache(maxsize=8)
def _instants(seed: int, block: int) -> tuple[float, ...]:
    """Return the instants of a block's arrivals as shares of its length: given their count, they are uniform."""
    return tuple(sorted(draw(seed, "instant", block, place) for place in range(BLOCK)))
