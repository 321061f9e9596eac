"""Does a rollback bring users back in time, and lose nothing? Timed by what users get, never by what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.exact import high_bound
from harness.judge.limit import percent
from harness.judge.lowering import nobody_reaches_canary, zero_means_stable
from harness.judge.reaching import NEED_SHOWN, RATE_LIMITED, asked, doubt, ended_s, facts, reached, undone
from harness.judge.stepping import only_down
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.drill import Command, Drill, Recalled, Seen
    from harness.judge.reaching import Reached
    from harness.verdict import Fact

__all__ = ["in_time", "loses_nothing", "nobody_reaches_canary", "only_down", "zero_means_stable"]

LATEST_ALPHA = 0.05  # of the printed upper bound of the share of failed requests
FIRST = 5  # failures that are shown one by one
GRACE_S = 1.0  # between the last old answer and the first new one of each kind


def in_time(drill: Drill, within_s: float, *, settle_s: float) -> Verdict:
    """Decide whether the last user left the old state less than `within_s` seconds after the command was typed.

    MET: that, and the goal was then shown by each kind of request for `settle_s`, in a dense stream. VIOLATED: an old
    answer came later, or the goal was not reached although users were watched for that long. What the command itself
    says decides nothing. UNKNOWN: it was not done (ERROR, NOT_RUN), the goal was in force before (NO_DATA), or the
    stream can't carry the claim (GAP, GENERATOR_INVALID, INTERRUPTED).
    """
    command = drill.command
    if command is None or drill.foreign:
        missing = unknown(Reason.NO_DATA, "the record of the drill names no command", **facts(drill))
        return undone(drill) or missing
    end = ended_s(drill)
    found = reached(drill.seen, drill.goal, command.typed_s, end)
    shown = facts(drill) | _timing(found, command, within_s, settle_s) | {"watched_s": round(end - command.typed_s, 3)}
    before = [one for one in asked(drill.seen, 0.0, command.typed_s) if not one.error]
    if not any(drill.goal.contradicted_by(one) for one in before):
        said = (
            f"none of {len(before):,} answers before the command was of another state than the goal: nothing was shown"
        )
        return undone(drill) or unknown(Reason.NO_DATA, said, **shown)
    last = 0.0 if found.last_old_s is None else found.last_old_s - command.typed_s
    if last >= within_s:
        said = f"users were still answered by the old state {last:.1f} s after the command"
        return violated(f"{said}, wanted less than {within_s:g} s{_words(command)}", **shown)
    not_done = undone(drill)
    if not_done is not None:
        return not_done
    return _reached_in_time(drill, found, (command.typed_s, end), (within_s, settle_s), shown)


def _reached_in_time(
    drill: Drill, found: Reached, span: tuple[float, float], limits: tuple[float, float], shown: dict[str, Fact]
) -> Verdict:
    (typed, end), (within_s, settle_s) = span, limits
    first, since = found.first_s, found.held_from(settle_s)
    if since is None and first is not None and end - first < settle_s + GRACE_S and end - typed < within_s:
        said = f"the goal state was watched for {end - first:.1f} s, wanted {settle_s:g} s"
        return unknown(Reason.INTERRUPTED, said, **shown)
    if since is None:
        return _not_reached(drill, found, end - typed, within_s, shown)
    if since - typed >= within_s + GRACE_S:
        said = f"users were answered by the goal state only {since - typed:.1f} s after the command"
        return violated(f"{said}, wanted less than {within_s:g} s", **shown)
    weak = doubt(drill, typed, since + settle_s)
    took = 0.0 if found.last_old_s is None else found.last_old_s - typed
    said = f"the last answer of the old state came {took:.1f} s after the command, wanted less than {within_s:g} s"
    if weak is not None:
        return unknown(weak[0], f"{weak[1]}; {said}", **shown)
    return met(f"{said}; then every answer showed the goal", **shown)


def _not_reached(drill: Drill, found: Reached, watched_s: float, within_s: float, shown: dict[str, Fact]) -> Verdict:
    """Say why users were not seen in the goal state, and whether that refutes the rollback."""
    dumb = [kind for kind in found.kinds if found.told.get(kind, 0) and not _tells(drill, kind)]
    if not found.kinds or dumb:
        said = f"no answer to {' or '.join(dumb) or 'anything'} tells which state gave it"
        return unknown(Reason.NO_DATA, f"{said}; see flags, answers.unified and arm_from in the profile", **shown)
    if watched_s < within_s:
        said = f"users were not in the goal state yet and were watched for {watched_s:.1f} s of {within_s:g} s"
        return unknown(Reason.INTERRUPTED, said, **shown)
    said = f"users did not reach the goal state in the {watched_s:.1f} s that were watched"
    return violated(f"{said}{_words(drill.command)}", **shown)


def _tells(drill: Drill, kind: str) -> bool:
    """Tell whether answers of a kind say anything of the goal, whichever way."""
    told = (one for one in drill.seen if one.kind == kind and not one.error)
    return any(drill.goal.shown_by(one) or drill.goal.contradicted_by(one) for one in told)


def _timing(found: Reached, command: Command, within_s: float, settle_s: float) -> dict[str, Fact]:
    last, since = found.last_old_s, found.held_from(settle_s)
    return {
        "last_old_after_s": None if last is None else round(last - command.typed_s, 3),
        "goal_held_from_s": None if since is None else round(since - command.typed_s, 3),
        "old_answers": found.old,
        "new_answers": {str(kind): n for kind, n in found.shown.items()},
        "goal_first_shown_after_s": None if found.first_s is None else round(found.first_s - command.typed_s, 3),
        "within_s": within_s,
        "settle_s": settle_s,
        "unit": "answer to a user",
    }


def _words(command: Command | None) -> str:
    if command is None or not command.said:
        return ""
    status = "was ended" if command.exit_status is None else f"exit status {command.exit_status}"
    return f"; the command itself said {command.said!r} ({status})"


def loses_nothing(*drills: Drill) -> Verdict:
    """Decide whether emergency rollbacks, there and back, fail no request, forget no conversation, and can be undone.

    VIOLATED: one failed request of a user who pins nothing, one conversation that was remembered before and not after
    (or not after the way back), or a way back that left users elsewhere than where they came from. UNKNOWN: a drill was
    not done, no request or conversation was seen, the other store was never in use, or the stream can't carry it.
    """
    if not drills:
        return unknown(Reason.NO_DATA, "no emergency rollback was drilled")
    verdicts = [_loss(drill) for drill in drills]
    bad = [one for one in verdicts if one.outcome is not Outcome.MET]
    shown: dict[str, Fact] = {drill.name: one.facts for drill, one in zip(drills, verdicts, strict=True)}
    if bad:
        first = max(bad, key=lambda one: one.outcome)
        return Verdict(first.outcome, first.because, first.reason, shown)
    if not any(_changed_store(drill) for drill in drills):
        said = "no answer after the command came from the other store: that conversations survive it was not shown"
        return unknown(Reason.NO_DATA, said, **shown)
    return met("; ".join(one.because for one in verdicts), **shown)


def _loss(drill: Drill) -> Verdict:
    command = drill.command
    if command is None or drill.foreign:
        return undone(drill) or unknown(Reason.NO_DATA, "the record of the drill names no command", **facts(drill))
    rows = asked(drill.seen, command.typed_s)
    failed = [one for one in rows if one.error and one.error not in RATE_LIMITED]
    kept, lost = _memory(drill.recalled)
    shown = facts(drill) | {
        "n": len(rows),
        "failed": len(failed),
        "first_failed": [_failure(one, command.typed_s) for one in failed[:FIRST]],
        "high": high_bound(len(failed), len(rows), LATEST_ALPHA) if rows else None,
        "alpha": LATEST_ALPHA,
        "conversations": len(kept),
        "forgotten": [f"{one.conversation} ({one.when}): asked {one.asked!r}, {_got(one)}" for one in lost[:FIRST]],
        "unit": "request and conversation",
    }
    if failed:
        said = f"{drill.name}: {len(failed):,} of {len(rows):,} users' requests failed meanwhile"
        return violated(f"{said}, first {_failure(failed[0], command.typed_s)}", **shown)
    if lost:
        one = lost[0]
        said = (
            f"{len({one.conversation for one in lost}):,} of {len(kept):,} conversations begun before were lost, first"
        )
        return violated(f"{drill.name}: {said} {one.conversation} ({one.when}): {_got(one)}", **shown)
    weak = undone(drill) or _unproven(drill, rows, kept, shown)
    if weak is not None:
        return weak
    if not _went_back(drill):
        return violated(f"{drill.name}: the way back did not lead back: {_where(drill)}", **shown)
    high = percent(high_bound(0, len(rows), LATEST_ALPHA))
    said = f"{drill.name}: none of {len(rows):,} requests failed (the true share is below {high}, 95%)"
    return met(
        f"{said}, all {len(kept):,} conversations were remembered there and back, and the way back worked", **shown
    )


def _unproven(drill: Drill, rows: Sequence[Seen], kept: Sequence[str], shown: dict[str, Fact]) -> Verdict | None:
    command, back = drill.command, drill.back
    if not rows:
        return unknown(Reason.NO_DATA, f"{drill.name}: no user's request was seen meanwhile", **shown)
    if not kept:
        return unknown(
            Reason.NO_DATA, f"{drill.name}: no conversation was remembered before, so none could be lost", **shown
        )
    for when in ("after", "back"):
        asked_then = {one.conversation for one in drill.recalled if one.when == when}
        if missing := set(kept) - asked_then:
            said = f"{drill.name}: {len(missing):,} of {len(kept):,} conversations were not asked again ({when})"
            return unknown(Reason.NO_DATA, said, **shown)
    if back is None or command is None:
        return unknown(Reason.INTERRUPTED, f"{drill.name}: the way back was not gone", **shown)
    weak = doubt(drill, command.typed_s, drill.until_s)
    return unknown(weak[0], f"{drill.name}: {weak[1]}", **shown) if weak else None


def _memory(recalled: Sequence[Recalled]) -> tuple[list[str], list[Recalled]]:
    """Return the conversations that were remembered before, and each later ask that one of them failed."""
    kept = list(dict.fromkeys(one.conversation for one in recalled if one.when == "before" and one.remembered))
    later = (one for one in recalled if one.when != "before" and one.conversation in kept)
    return kept, [one for one in later if not one.remembered]


def _went_back(drill: Drill) -> bool:
    if not drill.restored or drill.back is None:
        return False
    found = reached(drill.seen, drill.start, drill.back.typed_s)
    return bool(found.kinds) and all(n >= NEED_SHOWN for n in found.shown.values())


def _where(drill: Drill) -> str:
    if not drill.restored:
        return "the objects or what users get are not as they were found"
    return "too few answers after it show the state that users came from"


def _changed_store(drill: Drill) -> bool:
    """Tell whether users met the fallback store: a flag with a name for its value; any flag where none has one."""
    if drill.command is None:
        return False
    moved = {name: value for name, value in drill.goal.flags.items() if drill.start.flags.get(name) != value}
    named = {name: value for name, value in moved.items() if value not in {"true", "false"}} or moved
    rows = [one for one in drill.seen if drill.command.typed_s < one.done_s <= ended_s(drill)]
    return any(one.flags.get(name) == value for one in rows for name, value in named.items())


def _failure(one: Seen, typed_s: float) -> str:
    return f"{one.kind} at {one.due_s - typed_s:.2f} s: {one.error}"


def _got(one: Recalled) -> str:
    return f"no answer ({one.error})" if one.error else f"wanted {one.wanted!r}, got {one.answer!r}"
