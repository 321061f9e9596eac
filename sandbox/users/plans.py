"""What a session will do, decided before it begins: seeded, so that a run's people are always the same.

| share of sessions | does |
|---|---|
| 100% | one to three questions, 1.5 in the mean |
| 40% | open the landing page and are shown examples; 5% of these click one |
| 20% | are signed in and use the enhanced endpoint |
| 10% | read streamed answers |
| 20% of those with two questions or more | tell a fact in the first and ask for it in the last |
| 1% of those with two questions or more | walk away before their last |
| 3% and 0.015% of those that reach their end | rate it positively, negatively |

Every session that reaches its end says so. Sessions are short and many: what is compared between two arms of a
canary is sessions, and a tenth of them must be enough.
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
TURNS = {1: 0.62, 2: 0.26, 3: 0.12}  # the share of sessions with so many questions
PEOPLE = 400  # signed-in users there are
NEGATIVE, POSITIVE = 0.00015, 0.03  # of the sessions that reach their end


@dataclass(frozen=True, slots=True)
class Plan:
    """One session: its questions in order with the pause before each in seconds, and what else happens.

    `patience` and `temper` are even draws from 0 to 1: who loses patience or temper first when something is amiss.
    """

    user: str | None
    streamed: bool
    lands: bool
    clicks_example: bool
    questions: tuple[str, ...]
    pauses_s: tuple[float, ...]
    follows: frozenset[int]
    exports: bool
    leaves_after: int | None
    patience: float
    temper: float

    def rating(self, negative: float = NEGATIVE) -> str | None:
        """Return how the session is rated at its end when this share of people is displeased; None for not at all."""
        if self.temper < negative:
            return "negative"
        return "positive" if self.temper >= 1 - POSITIVE else None

    @property
    def requests(self) -> int:
        """Return how many requests the session makes when all goes well."""
        landing = 2 * self.lands + self.clicks_example
        if self.leaves_after is not None:
            return landing + self.leaves_after + sum(1 for turn in self.follows if turn < self.leaves_after)
        ending = 1 + self.exports + (self.rating() is not None)
        return landing + len(self.questions) + len(self.follows) + ending


def plan(rng: random.Random, think_s: float) -> Plan:
    """Draw a session; pauses are exponential with mean `think_s`."""
    turns = rng.choices(tuple(TURNS), tuple(TURNS.values()))[0]
    questions = rng.sample(QUESTIONS, turns)
    if turns >= 2 and rng.random() < 0.2:
        questions[0] = f"Remember that my favourite colour is {rng.choice(COLOURS)}."
        questions[-1] = "What is my favourite colour?"
    lands = rng.random() < 0.4
    leaves = turns >= 2 and rng.random() < 0.01
    return Plan(
        user=f"test-user-{rng.randrange(PEOPLE)}" if rng.random() < 0.2 else None,
        streamed=rng.random() < 0.1,
        lands=lands,
        clicks_example=lands and rng.random() < 0.05,
        questions=tuple(questions),
        pauses_s=tuple(rng.expovariate(1 / think_s) if think_s else 0.0 for _ in questions),
        follows=frozenset(turn for turn in range(1, turns - 1) if rng.random() < 0.1),
        exports=rng.random() < 0.01,
        leaves_after=rng.randint(1, turns - 1) if leaves else None,
        patience=rng.random(),
        temper=rng.random(),
    )


def requests_per_session(rng: random.Random) -> float:
    """Return the mean number of requests of a session, from five thousand plans."""
    return sum(plan(rng, 0.0).requests for _ in range(5000)) / 5000
