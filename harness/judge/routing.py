"""Do pinned users get the arm they ask for, on every turn? One wrong answer is proof; silence is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.judge.answers import short
from harness.judge.wiring import wired_safely
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.answers import Answers, Arm
    from harness.verdict import Fact

__all__ = ["Conversation", "reaches", "stays_on_one_version", "wired_safely"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One pinned conversation: per turn the version that answered, or None where none was named."""

    id: str
    pinned_by: str  # header or cookie
    wanted: Arm
    versions: tuple[str | None, ...]
    arms: tuple[Arm | None, ...]
    planned: int
    note: str = ""

    @property
    def flipped(self) -> bool:
        """Whether two turns were answered by different versions."""
        return len({version for version in self.versions if version is not None}) > 1

    @property
    def complete(self) -> bool:
        """Whether every planned turn was answered by a version that says its name."""
        return len(self.versions) >= self.planned > 0 and None not in self.versions

    def __str__(self) -> str:
        """Read as one line: how it was pinned and what answered, turn by turn."""
        turns = " ".join(short(version) if version else "-" for version in self.versions)
        return f"{self.id} (pinned to {self.wanted} by {self.pinned_by}): {turns or 'no turn'}"


def reaches(to_canary: Answers, to_stable: Answers, need: int, by: str) -> Verdict:
    """Decide whether a pin and its opposite reach their arm in every ask; `by` is "header" or "cookie".

    One answer from the other arm is VIOLATED. Fewer than `need` named answers on either side, or any from a
    third version, is UNKNOWN: zero misses in n asks bound the share of misses only below 3/n (95%).
    """
    facts = {"to_canary": to_canary.facts(), "to_stable": to_stable.facts(), "need": need, "by": by}
    missed = [
        f"the {by} for {arm} reached the other arm in {wrong:,} of {answers.named:,} answers"
        for arm, answers, wrong in (
            ("canary", to_canary, to_canary.stable),
            ("stable", to_stable, to_stable.canary),
        )
        if wrong
    ]
    if missed:
        return violated("; ".join(missed), **facts)
    for arm, answers in (("canary", to_canary), ("stable", to_stable)):
        where = f"the {by} for {arm}"
        if answers.rate_limited:
            said = f"{where}: {answers.rate_limited:,} asks were refused for their rate"
            return unknown(Reason.GENERATOR_INVALID, said, **facts)
        if answers.named == 0 or answers.foreign:
            note = f" ({answers.note})" if answers.note else ""
            said = f"{where}: {answers.asked:,} asks, {answers.seen()}{note}"
            return unknown(Reason.NO_DATA, said, **facts)
        if not answers.complete:
            return unknown(Reason.INTERRUPTED, f"{where}: {answers.progress()}", **facts)
        if answers.named < need:
            said = f"{where}: {answers.named:,} named answers, {need:,} needed ({answers.seen()})"
            return unknown(Reason.SAMPLE_TOO_SMALL, said, **facts)
    return met(
        f"every {by} for canary reached the canary ({to_canary.named:,}), "
        f"every {by} for stable the stable version ({to_stable.named:,})",
        **facts,
    )


def stays_on_one_version(
    conversations: Sequence[Conversation], need: int = 1, note: str = "", turns: int = 2
) -> Verdict:
    """Decide whether every pinned conversation stays on the version it began with.

    A change between two turns is VIOLATED. A conversation that never was on the arm it was pinned to proves
    nothing about pinned ones: UNKNOWN (that the pin fails is the header's and the cookie's own line). So are
    incomplete ones, fewer than `need` conversations, or conversations planned with fewer than `turns` turns.
    """
    flipped = [c for c in conversations if c.flipped]
    facts: dict[str, Fact] = {
        "conversations": len(conversations),
        "turns": sum(len(c.versions) for c in conversations),
        "flipped": [str(c) for c in flipped],
        "astray": len([c for c in conversations if _astray(c)]),
        "unfinished": len([c for c in conversations if not c.complete]),
        "need": need,
        "need_turns": turns,
        "note": note,
        "unit": "conversation",
    }
    if flipped:
        return violated(
            f"{len(flipped):,} of {len(conversations):,} pinned conversations changed version: {flipped[0]}", **facts
        )
    doubt = _unproven(conversations, need, note, max(turns, 2))
    if doubt is not None:
        return unknown(*doubt, **facts)
    return met(f"all {len(conversations):,} pinned conversations stayed on their version", **facts)


def _astray(conversation: Conversation) -> bool:
    return any(arm != conversation.wanted for arm in conversation.arms)


def _unproven(conversations: Sequence[Conversation], need: int, note: str, turns: int) -> tuple[Reason, str] | None:
    """Return why conversations that did not flip prove nothing yet, if so."""
    because = f" ({note})" if note else ""
    if not conversations:
        return Reason.NO_DATA, f"no pinned conversation was held{because}"
    of = len(conversations)
    unfinished = [c for c in conversations if not c.complete]
    if unfinished:
        first = unfinished[0]
        named = any(version for c in conversations for version in c.versions)
        why = f": {first.note}" if first.note else ""
        said = f"{len(unfinished):,} of {of:,} conversations are incomplete, first {first}{why}{because}"
        return Reason.INTERRUPTED if named else Reason.NO_DATA, said
    astray = [c for c in conversations if _astray(c)]
    if astray:
        return Reason.NO_DATA, f"{len(astray):,} of {of:,} conversations could not be pinned, first {astray[0]}"
    if of < need:
        return Reason.SAMPLE_TOO_SMALL, f"{of:,} conversations, {need:,} needed{because}"
    shortest = min(c.planned for c in conversations)
    if shortest < turns:
        return Reason.SAMPLE_TOO_SMALL, f"{shortest} turns a conversation, {turns} needed: raise probes.turns"
    return None
