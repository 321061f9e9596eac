"""The landing page's example questions: drawn anew for each call, or a fixed list when the flag is off."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

STATIC = (
    "How do I plan a monthly budget?",
    "Compare solar panels and heat pumps in a table",
    "What helps against poor sleep?",
    "Write a Python function that counts words",
    "Which steps lead to a good sourdough bread?",
)
SUBJECTS = {
    "energy": ("solar panels", "a home battery", "a heat pump", "an electric car", "roof insulation"),
    "money": ("a monthly budget", "a savings plan", "a first salary", "a shared household account"),
    "health": ("better sleep", "a walking routine", "a screen break", "a balanced breakfast"),
    "kitchen": ("sourdough bread", "a weekly menu", "pasta from scratch", "a picnic for six"),
    "travel": ("a train trip to Lisbon", "a weekend in Oslo", "a family holiday", "a cycling tour"),
    "work": ("a remote team", "a project kickoff", "a difficult meeting", "an onboarding week"),
}
FORMS = (
    "How do I plan {}?",
    "What should I know about {}?",
    "List the first steps for {}",
    "Show the costs of {} as a table",
    "What are the risks of {}?",
    "Which mistakes with {} are common?",
)


def fresh(count: int, topics: Sequence[str], seed: int) -> list[str]:
    """Return `count` different questions; unknown topics count as none given. The same seed gives the same list."""
    names = [topic for topic in topics if topic in SUBJECTS] or list(SUBJECTS)
    rng = random.Random(seed)  # noqa: S311
    pairs = [(form, subject) for name in names for subject in SUBJECTS[name] for form in FORMS]
    return [form.format(subject) for form, subject in rng.sample(pairs, min(count, len(pairs)))]
