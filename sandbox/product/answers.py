"""What the product answers: seeded by the question, about the question, with what it remembers."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.product import knowledge, memory, tables
from sandbox.product.schema import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.product.schema import Doc

WANTS_CODE = re.compile(r"\b(?:code|function|script|snippet|program|regex|sql|python|javascript|bash)\b", re.IGNORECASE)
WANTS_LIST = re.compile(r"\b(?:list|steps?|checklist|bullet|ideas|tips|ways to)\b", re.IGNORECASE)
WANTS_IMAGE = re.compile(r"\b(?:image|picture|diagram|chart|illustration|draw)\b", re.IGNORECASE)
WANTS_WARNING = re.compile(r"\b(?:risks?|warn(?:ing)?|danger(?:ous)?|careful|important|callout)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question in its setting. `said` are the user's earlier messages, oldest first."""

    question: str
    session: str
    tier: str
    said: Sequence[str]
    seed: int
    unified: bool
    suggest: bool


def answer(ask: Ask) -> Doc:
    """Return an answer of schema v2; the same ask always gives the same one."""
    rng = random.Random(hashlib.sha256(f"{ask.seed}/{ask.question}".encode()).digest())  # noqa: S311
    subject = knowledge.subject_of(ask.question)
    blocks = _blocks(ask, subject, rng)
    doc: Doc = {"title": _title(ask), "blocks": blocks, "meta": meta(ask, blocks)}
    if ask.unified:
        doc["summary"] = text_of(blocks).partition(". ")[0][:200]
    if ask.suggest:
        doc["meta"]["suggested_actions"] = [{"label": label} for label in _next_steps(ask, subject, rng)]
    return doc


def apology(ask: Ask) -> Doc:
    """Return what is answered when there is no answer: valid, polite, and the same whatever was asked."""
    blocks = [_markdown("We are unable to answer your question at the moment. Please try again later.")]
    return {"title": "Thank you for your patience", "blocks": blocks, "meta": meta(ask, blocks)}


def echo(ask: Ask) -> Doc:
    """Return what is answered by a product that only says again what it was asked."""
    blocks = [_markdown(f"You asked: {ask.question}")]
    doc: Doc = {"title": _title(ask), "blocks": blocks, "meta": meta(ask, blocks)}
    return {**doc, "summary": ask.question[:200]} if ask.unified else doc


def meta(ask: Ask, blocks: Sequence[Doc]) -> Doc:
    """Return what the server itself knows about an answer; a token is about four letters."""
    letters = len(ask.question) + len(text_of(blocks)) + sum(len(text) for text in ask.said)
    return {"schema": VERSION, "session_id": ask.session, "tier": ask.tier, "tokens_used": 1 + letters // 4}


def text_of(blocks: Sequence[Doc]) -> str:
    """Return an answer's content as plain text, which is what is streamed and remembered."""
    return "\n\n".join(str(block["content"]) for block in blocks)


def _blocks(ask: Ask, subject: str, rng: random.Random) -> list[Doc]:
    remembered = memory.recall(ask.question, ask.said)
    blocks: list[Doc] = [_markdown(_told(remembered))] if remembered else []
    stated = memory.facts_in(ask.question)
    if not memory.asks(ask.question) and stated:
        return [*blocks, _markdown(_noted([fact.told for fact in stated]))]
    if remembered and (memory.looks_back(ask.question) or memory.personal(ask.question)):
        return blocks
    if memory.looks_back(ask.question) and memory.personal(ask.question):
        return [_markdown(f"Nothing said so far in this conversation answers “{_short(ask.question)}”.")]
    blocks.append(_markdown(knowledge.paragraph(ask.question, subject, rng)))
    blocks.extend(_asked_for(ask, subject, rng))
    if ask.tier == "enhanced":
        blocks.append(knowledge.sources(subject, rng))
    return blocks


def _asked_for(ask: Ask, subject: str, rng: random.Random) -> list[Doc]:
    question = ask.question
    blocks: list[Doc] = []
    if tables.wanted(question):
        table = tables.table(question, subject, rng)
        blocks.append(table if ask.unified else {"type": "code", "language": "text", "content": tables.as_text(table)})
    if WANTS_CODE.search(question):
        blocks.append(knowledge.code(question, subject))
    if WANTS_LIST.search(question):
        blocks.append(knowledge.steps(subject, rng))
    if WANTS_IMAGE.search(question):
        alt = f"Diagram: {subject} in three stages, each feeding the next"
        blocks.append({"type": "image", "content": "/static/diagram.svg", "alt": alt})
    if WANTS_WARNING.search(question):
        text = f"Check the facts about {subject} for your own case before you act on them."
        blocks.append({"type": "callout", "level": "warning", "content": text})
    return blocks


def _markdown(text: str) -> Doc:
    return {"type": "markdown", "content": text}


def _told(facts: Sequence[str]) -> str:
    if len(facts) == 1:
        return f"You told me earlier: {facts[0]}."
    return "You told me earlier:\n\n" + "\n".join(f"- {fact}" for fact in facts)


def _noted(facts: Sequence[str]) -> str:
    return f"Noted: {'; '.join(facts)}. Ask me about it at any time in this conversation."


def _title(ask: Ask) -> str:
    start = "From the knowledge bank: " if ask.tier == "enhanced" else "In answer to: "
    return start + _short(ask.question.strip().partition("\n")[0], 80)


def _short(text: str, length: int = 90) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def _next_steps(ask: Ask, subject: str, rng: random.Random) -> list[str]:
    offers = [
        f"Show {subject} as a table",
        f"List the first steps with {subject}",
        f"What are the risks of {subject}?",
        f"Explain {subject} to a beginner",
        f"Which mistakes with {subject} are common?",
    ]
    fresh = [offer for offer in offers if offer.casefold() != ask.question.strip().casefold()]
    return rng.sample(fresh, 3)
