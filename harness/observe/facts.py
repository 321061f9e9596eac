"""Facts to be remembered: a thing, a value that nobody guesses, a wording, and a question that paraphrases it.

All of it follows from a seed and a number. The question never contains the value, so an answer that repeats the
question can't pass for one that remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from harness.observe.load.plan import draw

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"  # none that is read as another
SHAPE: Final = "LD-LDL-DD"  # of a value: L a letter, D a digit; 57 million of them

WORDINGS: Final = (
    "My {thing} is {value}.",
    "Please remember that my {thing} is {value}.",
    "For later: my {thing} is {value}.",
    "Keep in mind that my {thing} is {value}.",
    "By the way, my {thing} is {value}.",
    "Note that my {thing} is {value}, I will need it again.",
)
ASKED: Final = (
    "What is my {thing}?",
    "Which {thing} did I give you?",
    "Can you repeat my {thing}?",
    "I forgot my {thing}, what was it?",
    "Remind me, please: what did I say my {thing} was?",
    "Earlier I told you about my {thing}. How does it read?",
)
THINGS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("locker code", ("What opens my locker?", "Which code belongs to my locker?")),
    ("parcel number", ("Under which number does my parcel travel?", "How can I track my parcel, which number is it?")),
    ("seat reservation", ("Where is my seat?", "Which seat did I reserve?")),
    ("library card", ("What stands on my library card?", "Which card do I show at the library?")),
    ("invoice reference", ("How is my invoice referred to?", "Which reference does my invoice have?")),
    ("boat mooring", ("Where is my boat moored?", "At which mooring does my boat lie?")),
    ("greenhouse label", ("What did I write on the label of my greenhouse?", "How is my greenhouse labelled?")),
    ("telescope model", ("Which telescope do I have?", "What model is my telescope?")),
    ("camera serial", ("Which serial does my camera carry?", "How is my camera identified?")),
    ("workshop group", ("Which group am I in at the workshop?", "To which workshop group do I belong?")),
    ("garage bay", ("In which bay of the garage do I park?", "Where in the garage is my bay?")),
    ("printer queue", ("Which queue do I use for my printer?", "What is the queue of my printer called?")),
    ("museum ticket", ("Which ticket do I have for the museum?", "What do I show as my museum ticket?")),
    ("tent pitch", ("On which pitch is my tent?", "Where did I pitch my tent?")),
    ("violin case", ("How is my violin case marked?", "What is the mark on the case of my violin?")),
    ("laboratory bench", ("At which bench of the laboratory do I work?", "Where in the laboratory is my bench?")),
)
FILLERS: Final = (
    "How long should sourdough rest before baking?",
    "Why do leaves turn red in autumn?",
    "Which spices go well with lentils?",
    "How does a heat pump work?",
    "What makes a good opening move in chess?",
    "Why is the sea salty?",
    "How are bridges tested before they open?",
    "What distinguishes a comet from an asteroid?",
    "How do bees find their way home?",
    "Which trees grow well on dry soil?",
    "How is olive oil pressed?",
    "What causes thunder?",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a conversation is told, and how it is asked for it later."""

    value: str
    statement: str
    question: str


def fact(seed: int, number: int, thing: int | None = None) -> Fact:
    """Return a fact; `thing` chooses what it is about, so that one conversation can hold several apart."""
    kind = number if thing is None else thing
    name, own = THINGS[kind % len(THINGS)]
    value = "".join(_letter(seed, number, place, what) for place, what in enumerate(SHAPE))
    statement = _one_of(WORDINGS, seed, "wording", number).format(thing=name, value=value)
    question = _one_of((*ASKED, *own), seed, "question", number).format(thing=name)
    return Fact(value, statement, question)


def filler(seed: int, number: int, turn: int) -> str:
    """Return a question about something else; none repeats within a conversation of a dozen turns."""
    first = int(draw(seed, "filler", number) * len(FILLERS))
    return FILLERS[(first + turn) % len(FILLERS)]


def _letter(seed: int, number: int, place: int, what: str) -> str:
    alphabet = {"L": LETTERS, "D": DIGITS}.get(what, what)
    return alphabet[int(draw(seed, "value", number, place) * len(alphabet))]


def _one_of(choices: Sequence[T], seed: int, what: str, number: int) -> T:
    return choices[int(draw(seed, what, number) * len(choices))]
