"""The rehearsal of the feature flags: examples and suggested actions off, looked at, on again, looked at, as found.

Users talk all the while. Whatever ends it early is in the record, and what was changed is put back all the same.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from harness.act import flags as acting
from harness.act.guard import RefusedError, permit
from harness.act.hold import ForeignError, Hold
from harness.errors import HarnessError
from harness.judge.drill import Command, State
from harness.judge.flag_drill import FlagDrill, Turn
from harness.judge.flags import plain
from harness.observe.flags import read_now
from harness.observe.stream import UserStream
from harness.report import drills
from harness.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.act.audit import Audit
    from harness.act.guard import Permit
    from harness.clock import Clock
    from harness.judge.drill import Seen
    from harness.judge.flags import FlagsSeen
    from harness.runbook import EnvironmentName
    from harness.target import Target

NAME: Final = "flags"
OFF, ON = "0", "1"
SWITCHES: Final = frozenset({"examples", "actions"})  # the behaviour of the flags that are drilled
NEEDS: Final = (("patch", "deployments"),)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a drill works with; tests bring their own."""

    permit: Callable[..., Permit] = permit
    hold: Callable[..., Hold] = Hold
    stream: Callable[..., UserStream] = UserStream
    look: Callable[..., FlagsSeen] = read_now


@dataclass(slots=True)
class _Record:
    """What is known by now, whichever way it ends."""

    flags: tuple[str, ...]
    before: FlagsSeen
    off: Turn | None = None
    on: Turn | None = None
    typed_s: float | None = None  # the first change was asked for
    restored: bool = False
    trouble: str = ""
    foreign: str = ""
    reason: Reason | None = None
    seen: tuple[Seen, ...] = ()
    until_s: float = 0.0
    notes: dict[str, str] = field(default_factory=dict[str, str])


def rehearse(
    target: Target,
    where: EnvironmentName,
    audit: Audit,
    clock: Clock,
    *,
    act: bool,
    before: FlagsSeen,
    tools: Tools | None = None,
) -> FlagDrill:
    """Return the record of one drill in an environment; a refusal or an error of the API stands in it.

    `before` is what all places said when nobody had changed anything yet. Ctrl-C goes through, after all is put back.
    """
    tools = tools or Tools()
    began = clock.wall().isoformat(timespec="milliseconds")
    record = _Record(tuple(flag.env for flag in target.flags if flag.shows in SWITCHES), before)
    try:
        allowed = tools.permit(target, where, audit, act=act, needs=NEEDS)
        _act(_Drilling(allowed, clock, tools, record))
    except RefusedError as trouble:
        record.trouble, record.reason = str(trouble), Reason.NOT_RUN
    except ForeignError as trouble:
        record.trouble = record.foreign = str(trouble)
    except HarnessError as trouble:
        record.trouble, record.reason = str(trouble), record.reason or Reason.ERROR
    return _written(record, where, began, target)


def stored(run: Path, where: EnvironmentName) -> FlagDrill:
    """Return the record that a run's folder holds; one that is not there or is damaged is a drill that says so."""
    try:
        found = drills.read(run, NAME, FlagDrill)
    except HarnessError as trouble:
        return _nothing(where, str(trouble), Reason.ERROR)
    return found or _nothing(
        where, "the run that is judged has no record of it; run the phase with --act", Reason.NOT_RUN
    )


def _nothing(where: EnvironmentName, why: str, reason: Reason) -> FlagDrill:
    return FlagDrill(NAME, where, "", State(), State(), trouble=why, notes={"reason": str(reason)})


@dataclass(frozen=True, slots=True)
class _Drilling:
    permit: Permit
    clock: Clock
    tools: Tools
    record: _Record

    def look(self) -> FlagsSeen:
        """Return what every place says now; in the page the texts of before are looked for."""
        permit = self.permit
        texts = self.record.before.texts
        return self.tools.look(permit.where, permit.environment, permit.target, self.clock, texts=texts)


def _act(drilling: _Drilling) -> None:
    allowed, record = drilling.permit, drilling.record
    if not record.flags:
        record.reason = Reason.NO_DATA
        raise HarnessError("flags: wanted a flag of the profile that switches examples or actions, got none; name it")
    target = allowed.target
    refs = acting.awake(allowed)
    stream = drilling.tools.stream(target, allowed.environment, drilling.clock, per_s=target.acting.asks_per_s)
    holds = [drilling.tools.hold(allowed, ref) for ref in refs]
    try:
        with stream:
            try:
                _held(drilling, holds, acting.Following(allowed.kube, refs, stream, target.acting, drilling.clock))
            finally:
                record.until_s = stream.now_s()
                record.foreign = "; ".join(hold.foreign for hold in holds if hold.foreign)
    finally:
        with suppress(HarnessError):  # one that broke has said so already
            record.seen = stream.seen()


def _held(drilling: _Drilling, holds: Sequence[Hold], following: acting.Following) -> None:
    record = drilling.record
    with ExitStack() as stack:
        for hold in holds:
            _ = stack.enter_context(hold)
        record.typed_s = following.stream.now_s()
        record.off = _turn(drilling, holds, following, OFF)
        record.on = _turn(drilling, holds, following, ON)
        since_s = following.stream.now_s()
        for hold in holds:
            hold.restore()
        standing = following.follow(acting.goal_of(drilling.permit.target, _as_found(record)), since_s)
        record.restored = standing.done and all(hold.restored for hold in holds)
        record.notes["put back"] = standing.lacking or ("users have it" if standing.done else "users have it not")


def _turn(drilling: _Drilling, holds: Sequence[Hold], following: acting.Following, value: str) -> Turn:
    """Set the features one way, wait until users have it, and look."""
    values = dict.fromkeys(drilling.record.flags, value)
    target = drilling.permit.target
    typed_s = following.stream.now_s()
    acting.put(holds, values, target)
    accepted_s = following.stream.now_s()
    standing = following.follow(acting.goal_of(target, values), typed_s)
    made = Turn(values, typed_s, accepted_s, standing.rolled_s, standing.settled_s, standing.lacking)
    return replace(made, looked=drilling.look())


def _as_found(record: _Record) -> Mapping[str, str]:
    """Return what users were told of the features before; nothing of one whose places did not agree."""
    told = {flag: {one.value for one in record.before.of(flag, "product") if one.value} for flag in record.flags}
    return {flag: next(iter(values)) for flag, values in told.items() if len(values) == 1}


def _written(record: _Record, where: EnvironmentName, began: str, target: Target) -> FlagDrill:
    off, on = record.off, record.on
    found = acting.goal_of(target, _as_found(record))
    reason = {"reason": str(record.reason)} if record.reason is not None else {}
    return FlagDrill(
        NAME,
        where,
        began,
        goal=State(flags={name: plain(OFF) for name in acting.goal_of(target, dict.fromkeys(record.flags, OFF)).flags}),
        start=found,
        command=None if record.typed_s is None else _command(OFF, record, record.typed_s, off),
        back=None if on is None else _command(ON, record, on.typed_s, on),
        seen=record.seen,
        until_s=record.until_s,
        per_s=target.acting.asks_per_s,
        restored=record.restored,
        trouble=record.trouble,
        foreign=record.foreign,
        notes=record.notes | reason,
        flags=record.flags,
        before=record.before,
        off=off,
        on=on,
    )


def _command(value: str, record: _Record, typed_s: float, turn: Turn | None) -> Command:
    words = ("set", "env", *(f"{name}={value}" for name in record.flags))
    return Command(words, typed_s, typed_s if turn is None else turn.accepted_s, None if turn is None else 0)
