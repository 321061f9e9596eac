"""Conversation memory: what a user stated in earlier turns, found again when asked for.

No language model: a statement is kept as its topic words and its own wording, a question is matched by
shared topic words, and the newest statement wins. Values are given back letter by letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# words that say nothing about a subject
# fmt: off
STOP = frozenset({
    "a", "about", "actually", "again", "all", "also", "am", "an", "and", "answer", "any", "are", "as", "ask",
    "asked", "at", "be", "been", "before", "but", "by", "call", "called", "can", "chat", "conversation", "could",
    "currently", "did", "do", "does", "earlier", "exactly", "first", "for", "from", "gave", "give", "had", "has",
    "have", "he", "her", "his", "how", "i", "i'm", "if", "in", "into", "is", "it", "its", "just", "know", "last",
    "let", "like", "many", "me", "mention", "mentioned", "much", "my", "name", "need", "note", "now", "of", "on",
    "one", "only", "or", "our", "please", "recall", "remember", "remind", "repeat", "reply", "said", "say",
    "session", "she", "should", "so", "some", "tell", "than", "thank", "thanks", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "to", "told", "use", "using", "value", "want", "was", "we",
    "were", "what", "what's", "when", "where", "which", "who", "whose", "why", "will", "with", "word", "words",
    "would", "you", "your",
})
# fmt: on
# stop words that are a subject in "my name", "code word"
MEANING = frozenset({"name", "word", "value", "session", "note", "answer", "call", "use"})
ASKING = re.compile(
    r"^(?:and |so |ok,? |okay,? |now,? |please,? |hey,? )*"
    r"(?:what|which|who|whose|where|when|why|how|do|does|did|is|are|can|could|will|would|should|have|has|"
    r"tell|give|repeat|recall|remind|say|show|list|name|write|explain|describe|compare|make|create|draw|"
    r"summari[sz]e|help)\b",
    re.IGNORECASE,
)
NOTE = re.compile(
    r"^(?:please |ok,? |hi,? |hello,? |hey,? )*(?:(?:can|could|will) you )?(?:please )?"
    r"(?:remember|note|keep in mind|memori[sz]e|don't forget|do not forget|store|save|bear in mind|for later|fyi|"
    r"take note|make a note)\b(?: (?:that|this|the following|for me|for later|of))*[:,]?\s+",
    re.IGNORECASE,
)
STATES = re.compile(r"\s(?:is|are|was|were|will be|equals|means)\s|\s?(?:=|->)\s?|:\s|'s (?=name\b)", re.IGNORECASE)
OWN = re.compile(r"^(?:actually,? |well,? |also,? |and |by the way,? |no,? )*(?:i|we|my|our)\b", re.IGNORECASE)
NAMED = re.compile(r"^(?:please )?(?:call me|i am called|i'm called|i go by|my friends call me)\s+(.+)$", re.IGNORECASE)
LOOKING_BACK = re.compile(
    r"\b(?:remember|recall|remind|earlier|before|previous(?:ly)?|again|so far|a moment ago)\b|\bdid (?:i|we)\b|"
    r"\b(?:i|we) (?:just )?(?:told|said|asked|mentioned|gave|shared|wrote)\b|"
    r"\b(?:i|we)'?(?: ha)?ve (?:told|said|mentioned)\b",
    re.IGNORECASE,
)
EMPTY = re.compile(r"it|this|that|them|well|please|thanks?", re.IGNORECASE)
SUBJECT = re.compile(r"(?:the|your|this|that)\b|\S+(?:\s\S+){0,4}$", re.IGNORECASE)
PERSONAL = re.compile(r"\b(?:my|our|mine|i|me|we)\b", re.IGNORECASE)
# fmt: off
SWAP = {
    "i": "you", "i'm": "you're", "i've": "you've", "i'll": "you'll", "i'd": "you'd", "am": "are", "my": "your",
    "mine": "yours", "me": "you", "we": "you", "our": "your", "us": "you", "we're": "you're", "myself": "yourself",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement: the words it is about, and how it is told back to the user."""

    topics: frozenset[str]
    told: str


def facts_in(text: str) -> list[Fact]:
    """Return what a user's message states, in order."""
    found: list[Fact] = []
    for sentence in re.split(r"(?<=[.!?;])\s+|\n+", text):
        fact = _fact(sentence.strip())
        if fact is not None:
            found.append(fact)
    return found


def recall(question: str, said: Iterable[str]) -> list[str]:
    """Return what the user said earlier that answers the question, newest first; often nothing."""
    asked = topics(question)
    if not asks(question):
        return []
    facts = [fact for text in said for fact in facts_in(text)]
    facts.reverse()
    scored = [(len(asked & fact.topics), fact) for fact in facts]
    best = max((score for score, _ in scored), default=0)
    if best:
        return _distinct(fact.told for score, fact in scored if score == best)[:3]
    return _distinct(fact.told for fact in facts)[:8] if looks_back(question) else []


def asks(text: str) -> bool:
    """Tell whether a message is a question or a request rather than a statement."""
    parts = [part.strip() for part in re.split(r"(?<=[.!?;])\s+|\n+", text) if part.strip()]
    return any((part.endswith("?") or ASKING.match(part)) and not _to_keep(part) for part in parts)


def looks_back(question: str) -> bool:
    """Tell whether a question is about the conversation itself."""
    return bool(LOOKING_BACK.search(question))


def personal(question: str) -> bool:
    """Tell whether a question is about the person asking."""
    return bool(PERSONAL.search(question))


def topics(text: str) -> frozenset[str]:
    """Return the words that say what a text is about, plurals folded."""
    words = re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", text.lower())
    own = {words[i + 1] for i in range(len(words) - 1) if words[i] in {"my", "our", "the", "code", "pass", "secret"}}
    kept = {_stem(word) for word in words if word not in STOP or (word in MEANING and word in own)}
    if re.search(r"\bwho (?:am i|i am)\b|\bmy name\b|\bcalled\b|\bcall me\b", text, re.IGNORECASE):
        kept.add("name")
    if re.search(r"\bwhere (?:do|did) i (?:live|come)\b|\bi live in\b|\bi come from\b", text, re.IGNORECASE):
        kept.add("live")
    return frozenset(kept)


def _to_keep(sentence: str) -> re.Match[str] | None:
    """Match "remember ..." but not "can you remember ...?", which asks, unless it goes on with "that ..."."""
    noted = NOTE.match(sentence)
    return noted if noted and (not sentence.endswith("?") or " that " in noted[0]) else None


def _fact(sentence: str) -> Fact | None:
    noted = _to_keep(sentence)
    if not sentence or (sentence.endswith("?") and not noted):
        return None
    body = (sentence[noted.end() :] if noted else sentence).rstrip(".!?; ")
    if not body or EMPTY.fullmatch(body) or (not noted and ASKING.match(body)):
        return None
    named = NAMED.match(body)
    if named:
        return Fact(frozenset({"name"}), f"your name is {named[1]}")
    split = STATES.search(body)
    own = bool(noted or OWN.match(body))
    if split and (own or SUBJECT.match(body[: split.start()])):
        subject, value = body[: split.start()], body[split.end() :]
        return Fact(topics(subject) or topics(value), swapped(subject) + body[split.start() : split.end()] + value)
    return Fact(topics(body), swapped(body)) if own else None


def swapped(text: str) -> str:
    """Turn the speaker's "my" into the listener's "your"; only whole words between blanks are touched."""
    words = text.split(" ")
    turned = [SWAP.get(word.lower(), word) for word in words]
    if turned and turned[0][:1].isupper() and turned[0][1:].islower() and turned[0].lower() in {"the", "this", "that"}:
        turned[0] = turned[0].lower()
    return " ".join(turned)


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    word = {"colour": "color", "favourite": "favorite"}.get(word, word)
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
