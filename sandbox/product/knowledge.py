"""What the stand-in knows: a few subjects with true sentences, and honest general ones for the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.product import memory

if TYPE_CHECKING:
    import random

    from sandbox.product.schema import Doc

BANK: dict[str, tuple[str, ...]] = {
    "solar power": (
        "A rooftop panel gives most between ten and three, so shifting loads to midday raises what you use yourself.",
        "Panels lose about half a percent of their output a year.",
        "Shade on one panel can hold back a whole string unless each panel has its own converter.",
    ),
    "budgeting": (
        "List fixed costs first: what is left is what a plan can change.",
        "Three months of expenses in reserve cover most surprises.",
        "A plan that is checked weekly drifts less than one that is checked monthly.",
    ),
    "sleep": (
        "A fixed hour for getting up steadies sleep more than a fixed bedtime.",
        "Caffeine is half gone after about five hours, which is why an afternoon cup is felt at night.",
        "Cool, dark and quiet rooms shorten the time until sleep comes.",
    ),
    "bread baking": (
        "Weighing in grams makes a dough repeatable; cups vary by a fifth.",
        "A wetter dough gives larger holes and needs a hotter oven.",
        "Dough kept cold overnight tastes of more, because acids build up slowly.",
    ),
    "train travel": (
        "On most routes in Europe the cheapest seats go on sale two to six months ahead.",
        "A change of less than eight minutes is missed on one trip in ten.",
        "Seat reservations and tickets are often two different things.",
    ),
    "python programming": (
        "A generator yields one item at a time, so it handles files larger than memory.",
        "A list keeps order and repeats; a set keeps neither and finds members at once.",
        "Type annotations are not checked when a program runs; a checker reads them before.",
    ),
    "remote work": (
        "Written decisions spare the meetings that would repeat them.",
        "Two hours of shared time a day are enough for most teams across zones.",
        "A closed door, or headphones that stand for one, protects long work.",
    ),
    "home networks": (
        "The 5 GHz band is faster and the 2.4 GHz band reaches further.",
        "A router in the middle of the home beats a stronger one in a corner.",
        "A cable between two rooms removes one wireless hop and half of the delay.",
    ),
}
HINTS = {
    "solar power": "solar panel energy photovoltaic battery electricity",
    "budgeting": "budget budgeting money saving expense finance cost salary",
    "sleep": "sleep rest insomnia tired bedtime",
    "bread baking": "bread baking dough sourdough yeast flour oven recipe",
    "train travel": "train travel trip rail ticket journey route",
    "python programming": "python generator programming function code list variable",
    "remote work": "remote meeting team office colleague work",
    "home networks": "network wifi router wireless internet",
}
_TOPICS_OF = {name: memory.topics(words) for name, words in HINTS.items()}
FORM = memory.topics(
    "table tables list compare comparison show make create explain column columns row rows steps step write draw code "
    "function script diagram image picture risk risks cost costs beginner mistakes common plan help helps lead"
)  # words about the answer's form, not its subject
GENERAL = (
    "With {subject}, the first thing to settle is what a good result looks like and how you would notice it.",
    "{Subject} is easiest to judge in small steps: change one thing, look, then go on.",
    "Most questions about {subject} turn on three things: time, cost and who has to agree.",
    "What is usual for {subject} differs from place to place, so compare two sources near you.",
    "A short trial tells more about {subject} than a long comparison on paper.",
)


def known(question: str) -> str | None:
    """Return the subject of the bank that a question is about, if any."""
    asked = memory.topics(question)
    best = max(_TOPICS_OF, key=lambda name: len(asked & _TOPICS_OF[name]))
    return best if asked & _TOPICS_OF[best] else None


def subject_of(question: str) -> str:
    """Return the few words of the question, as they stand in it, that say what it is about."""
    line = next((line for line in question.splitlines() if line.strip()), "")
    words = re.findall(r"[^\W_]+(?:[-'.,][^\W_]+)*", line)
    first = next((i for i, word in enumerate(words) if _topical(word)), None)  # long questions: no further than needed
    if first is None:
        return "this question"
    last = max(i for i, word in enumerate(words[first : first + 6], first) if _topical(word))
    return " ".join(words[first : last + 1])


def _topical(word: str) -> bool:
    return bool(memory.topics(word) - FORM) and not word.isdigit()


def paragraph(question: str, subject: str, rng: random.Random) -> str:
    """Return two or three sentences about the question; known facts where the bank has any."""
    bank = known(question)
    general = [line.format(subject=subject, Subject=subject[:1].upper() + subject[1:]) for line in GENERAL]
    lines = rng.sample(BANK[bank], 2) if bank else rng.sample(general, 2)
    return f"On **{subject}**: " + " ".join([*lines, rng.choice(general)] if bank else lines)


def sources(subject: str, rng: random.Random) -> Doc:
    """Return where the knowledge bank found it: what the enhanced endpoint adds."""
    number = rng.randrange(100, 999)
    text = f"Drawn from the knowledge bank, entries {number} and {number + 7}, on {subject}."
    return {"type": "callout", "level": "info", "content": text}


def steps(subject: str, rng: random.Random) -> Doc:
    """Return a list block of first steps."""
    offers = [
        f"Write down what {subject} should achieve",
        f"Find two people who know {subject} well",
        "Set a limit for time and money",
        f"Try the smallest version of {subject} first",
        "Keep a note of what surprised you",
        "Decide on a day for looking back",
    ]
    items = [offers[i] for i in sorted(rng.sample(range(len(offers)), 4))]
    return {"type": "list", "content": "\n".join(f"- {item}" for item in items), "items": items}


def code(question: str, subject: str) -> Doc:
    """Return a code block in the language that the question names, Python otherwise."""
    name = re.sub(r"\W+", "_", subject.lower()).strip("_") or "answer"
    if re.search(r"\bjavascript\b", question, re.IGNORECASE):
        text = f'function {name}(items) {{\n  return items.filter((item) => item !== "").length;\n}}'
        return {"type": "code", "language": "javascript", "content": text}
    if re.search(r"\bsql\b", question, re.IGNORECASE):
        return {"type": "code", "language": "sql", "content": f"SELECT count(*) AS n\nFROM {name}\nWHERE value <> '';"}
    if re.search(r"\bbash\b", question, re.IGNORECASE):
        return {"type": "code", "language": "bash", "content": f"grep -c . '{name}.txt'"}
    body = '    """Count the items that are not empty."""\n    return sum(1 for item in items if item)'
    text = f"def {name}(items: list[str]) -> int:\n{body}"
    return {"type": "code", "language": "python", "content": text}
