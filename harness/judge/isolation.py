"""Are conversations their owners' own, and do turns side by side lose nothing? One case is proof; silence is none.

Nothing is left to chance by a product that keeps both, so one foreign read or one lost turn above what the line allows
is VIOLATED. MET says that none was seen in as many tries as it names, with the share that they bound (95%, one-sided,
Clopper and Pearson, Biometrika 26, 1934).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.answers import RATE_LIMITED
from harness.judge.exact import high_bound
from harness.judge.limit import MET_ALPHA, percent
from harness.verdict import Reason, met, unknown, violated

if TYPE_CHECKING:
    from harness.verdict import Fact, Verdict

ANOTHER, NOBODY = "another user", "nobody"  # who reads: with a token of his own, with none
NEED_READS: Final = 10  # by another user: a pod of two that leaks is missed once in 1,024 runs
NEED_TURNS: Final = 20  # that ran side by side and were told
REFUSALS: Final = frozenset({401, 403, 404})
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ForeignRead:
    """Somebody asked in a conversation that is not his; texts are cut to 200 characters.

    `leaked`: the answer gave the owner's fact away, whatever its status. `known`: the owner himself was told it when he
    asked before, without which a read that finds nothing shows nothing. `error` is what came instead of an answer or a
    refusal, also where the reader could not have read anything, such as with a token that is no good.
    """

    session: str
    reader: str
    asked: str
    wanted: str
    answer: str = ""
    status: int | None = None
    leaked: bool = False
    known: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One fact told in a conversation while other turns ran, and asked for afterwards.

    `beside`: it was sent side by side with others, and once more after them where the product would have it alone; else
    it was told before. `error` is what came instead of an answer to the telling or the asking.
    """

    session: str
    told: str
    asked: str
    wanted: str
    answer: str = ""
    remembered: bool = False
    beside: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True)
class Isolation:
    """All that was tried in a run; `trouble` is why something could not be, "" if all could."""

    reads: tuple[ForeignRead, ...] = ()
    turns: tuple[Turn, ...] = ()
    trouble: str = ""
    seed: int = 0


def isolated(seen: Isolation, *, foreign_reads: int, lost_turns: int) -> Verdict:
    """Decide whether nobody reads a conversation by its id, and turns side by side lose nothing.

    VIOLATED: more leaks than `foreign_reads`, or more answered turns not recalled than `lost_turns`. UNKNOWN: fewer
    than `NEED_READS` reads by another user or `NEED_TURNS` turns side by side that say anything.
    """
    leaks = [one for one in seen.reads if one.leaked]
    reads = [one for one in seen.reads if one.leaked or (one.known and not one.error)]
    turns = [one for one in seen.turns if not one.error]
    lost = [one for one in turns if not one.remembered]
    by_another = len([one for one in reads if one.reader == ANOTHER])
    beside = len([one for one in turns if one.beside])
    facts: dict[str, Fact] = {
        "foreign_reads": len(leaks),
        "foreign_reads_limit": foreign_reads,
        "reads": len(reads),
        "reads_by_another_user": by_another,
        "refused": len([one for one in reads if one.status in REFUSALS]),
        "reads_high": high_bound(len(leaks), len(reads), MET_ALPHA) if reads else None,
        "lost_turns": len(lost),
        "lost_turns_limit": lost_turns,
        "turns": len(turns),
        "turns_side_by_side": beside,
        "turns_high": high_bound(len(lost), len(turns), MET_ALPHA) if turns else None,
        "conversations": len({one.session for one in (*reads, *turns)}),
        "unanswered": _errors(seen),
        "met_alpha": MET_ALPHA,
        "seed": seen.seed,
        "leaks": [_said(one) for one in leaks[:_SHOWN]],
        "lost": [_said(one) for one in lost[:_SHOWN]],
        "trouble": seen.trouble,
        "unit": "request",
        "method": "counts; exact (Clopper-Pearson) upper bounds",
    }
    broken: list[str] = []
    if len(leaks) > foreign_reads:
        first = leaks[0]
        broken.append(
            f"{len(leaks)} of {len(reads)} foreign reads were told the owner's fact, such as {first.reader} asking "
            f"{first.asked!r}: {first.answer!r}"
        )
    if len(lost) > lost_turns:
        one = lost[0]
        broken.append(
            f"{len(lost)} of {len(turns)} turns were lost, such as {one.told!r}, asked {one.asked!r}: {one.answer!r}"
        )
    if broken:
        return violated("; ".join(broken), **facts)
    if doubt := _doubt(seen, by_another, beside):
        return unknown(*doubt, **facts)
    bounds = [percent(high_bound(len(bad), len(of), MET_ALPHA)) for bad, of in ((leaks, reads), (lost, turns))]
    return met(
        f"{len(leaks)} of {len(reads)} foreign reads learnt anything (at most {bounds[0]}), "
        f"{len(lost)} of {len(turns)} turns were lost, {beside} of them side by side (at most {bounds[1]})",
        **facts,
    )


def _doubt(seen: Isolation, by_another: int, beside: int) -> tuple[Reason, str] | None:
    """Return why nothing bad shows nothing good, if so."""
    for what, got, need in (
        ("reads by another user", by_another, NEED_READS),
        ("turns side by side", beside, NEED_TURNS),
    ):
        if got >= need:
            continue
        errors = _errors(seen)
        unknown_to_owner = len([one for one in seen.reads if not one.known and not one.error])
        why = [seen.trouble, ", ".join(f"{kind} ({n})" for kind, n in errors.items())]
        why += [f"{unknown_to_owner} owners were not told their own fact"] if unknown_to_owner else []
        said = f"{got} {what}, {need} needed; {'; '.join(one for one in why if one)}".rstrip("; ")
        if any(RATE_LIMITED in kind for kind in errors):
            return Reason.GENERATOR_INVALID, f"{said}; name more users in token_file"
        return Reason.SAMPLE_TOO_SMALL if got else Reason.NO_DATA, said
    return None


def _errors(seen: Isolation) -> dict[str, int]:
    return dict(Counter(one.error for one in (*seen.reads, *seen.turns) if one.error).most_common())


def _said(one: ForeignRead | Turn) -> dict[str, Fact]:
    said: dict[str, Fact] = {"session": one.session, "asked": one.asked, "wanted": one.wanted, "answer": one.answer}
    return said | ({"reader": one.reader, "status": one.status} if isinstance(one, ForeignRead) else {"told": one.told})
