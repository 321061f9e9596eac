"""What a session will do, decided before it begins: seeded, so that a run's people are always the same.

| share of sessions | does |
|---|---|
| 90% | open the landing page (examples), 15% of these click one |
| 20% | are signed in and use the enhanced endpoint |
| 40% | read streamed answers |
| 8% | walk away before their last turn |
| 20% | tell a fact in the first turn and ask for it in the last (sessions of two turns or more) |
| 10% | rate the last answer, nine times in ten positively |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

QUESTIONS: tuple[str, ...] = (
    "How do I plan a monthly budget?",
    "Compare solar panels and heat pumps in a table",
    "What helps against poor sleep?",
    "List the first steps for sourdough bread",
    "What should I know about a train trip to Lisbon?",
    "Write a Python function that counts words",
    "Which mistakes with a home battery are common?",
    "What are the risks of a shared household account?",
    "How large should a cash reserve be?",
    "Show the costs of a weekend in Oslo as a table",
    "Explain wireless networks to a beginner",
    "How do remote teams decide faster?",
    "Draw a diagram of an onboarding week",
    "How much water does a vegetable garden need?",
)
COLOURS = ("teal", "amber", "indigo", "coral", "olive", "violet")
MOST_TURNS = 6
PEOPLE = 400  # signed-in users there are


@dataclass(frozen=True, slots=True)
class Plan:
    """One session: its questions in order with the pause before each in seconds, and what else happens."""

    user: str | None
    streamed: bool
    lands: bool
    clicks_example: bool
    questions: tuple[str, ...]
    pauses_s: tuple[float, ...]
    follows: frozenset[int]
    exports: bool
    leaves_after: int | None
    rating: str | None

    @property
    def requests(self) -> int:
        """Return how many requests the session makes when all goes well."""
        turns = len(self.questions) if self.leaves_after is None else self.leaves_after
        followed = sum(1 for turn in self.follows if turn < turns)
        extras = self.lands + self.clicks_example + followed + (self.exports and self.leaves_after is None)
        return turns + extras + (self.rating is not None)


def plan(rng: random.Random, think_s: float) -> Plan:
    """Draw a session; pauses are exponential with mean `think_s`."""
    turns = rng.randint(1, MOST_TURNS)
    questions = rng.sample(QUESTIONS, turns)
    if turns >= 2 and rng.random() < 0.2:
        questions[0] = f"Remember that my favourite colour is {rng.choice(COLOURS)}."
        questions[-1] = "What is my favourite colour?"
    lands = rng.random() < 0.9
    leaves = turns >= 2 and rng.random() < 0.08
    leaves_after = rng.randint(1, turns - 1) if leaves else None
    rated = not leaves and rng.random() < 0.1
    return Plan(
        user=f"test-user-{rng.randrange(PEOPLE)}" if rng.random() < 0.2 else None,
        streamed=rng.random() < 0.4,
        lands=lands,
        clicks_example=lands and rng.random() < 0.15,
        questions=tuple(questions),
        pauses_s=tuple(rng.expovariate(1 / think_s) if think_s else 0.0 for _ in questions),
        follows=frozenset(turn for turn in range(1, turns - 1) if rng.random() < 0.15),
        exports=rng.random() < 0.05,
        leaves_after=leaves_after,
        rating=("positive" if rng.random() < 0.9 else "negative") if rated else None,
    )


def requests_per_session(rng: random.Random) -> float:
    """Return the mean number of requests of a session, from a thousand plans."""
    return sum(plan(rng, 0.0).requests for _ in range(1000)) / 1000
