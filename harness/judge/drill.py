"""What a drill shows: every request of the users who talked meanwhile, what was done when, and what was remembered.

Plain data, written whole into the run's folder (`artifacts/drills/NAME.json`) and judged from there. All instants are
seconds since the users' stream of the drill began; only differences mean anything.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["chat", "version", "header", "cookie"]
"""A chat ask or a version ask of somebody who pins nothing; a version ask pinned to the canary by header or cookie."""

ASKED_BY_ANYONE: tuple[Kind, ...] = ("chat", "version")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request of the users' stream: when it was due, sent and answered, and what answered it.

    `error` is "" for a good answer, else its kind ("timeout", "HTTP 502", "refused", "invalid"). `flags` are those
    that a version ask was told, as text ("true", "redis"). `unified` tells of a chat answer whether it carries what
    only the unified pipeline gives; None where that can't be told.
    """

    due_s: float
    sent_s: float
    done_s: float
    kind: Kind
    error: str = ""
    commit: str = ""
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    unified: bool | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How an environment answers: from which commits, under which flags; empty and None say nothing about it."""

    commits: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    unified: bool | None = None

    def contradicted_by(self, seen: Seen) -> bool:
        """Tell whether an answer comes from another state; an answer that says nothing contradicts nothing."""
        if self.commits and seen.commit and seen.commit not in self.commits:
            return True
        if any(name in seen.flags and seen.flags[name] != value for name, value in self.flags.items()):
            return True
        return self.unified is not None and seen.unified is not None and seen.unified != self.unified

    def shown_by(self, seen: Seen) -> bool:
        """Tell whether an answer shows this state: it says something of it and contradicts nothing."""
        if seen.error or self.contradicted_by(seen):
            return False
        told = (self.commits and seen.commit) or any(name in seen.flags for name in self.flags)
        return bool(told) or (self.unified is not None and seen.unified is not None)


@dataclass(frozen=True, slots=True)
class Recalled:
    """One conversation asked again for what it was told before.

    `when` says at which point of the drill ("before", "after", "back"); `error` is "" where an answer came. `answer`
    is cut to 200 characters.
    """

    conversation: str
    when: str
    asked: str
    wanted: str
    answer: str = ""
    remembered: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """What was typed and what it said: words, when, its exit status (None: it was ended) and its last line."""

    words: tuple[str, ...]
    typed_s: float
    returned_s: float
    exit_status: int | None = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One weight of a staged way: asked for at `from_s`, watched from when it was seen until `to_s`.

    `from_percent` is the weight before. `ended` is "watched" for a whole watch, else why it ended early.
    """

    percent: float
    from_percent: float
    from_s: float
    watched_from_s: float
    to_s: float
    watch_s: float
    ended: str = "watched"


@dataclass(frozen=True, slots=True)
class Drill:
    """One rehearsal, whole. `trouble` says why it could not be done as planned, "" if it could.

    `goal` is the state that users must end in, `start` the one they came from. `foreign` names what somebody else
    changed meanwhile, which then stays as they left it. `back` is the command or change that leads back, `restored`
    whether the objects are as they were found, and users again answered by `start`.
    """

    name: str
    environment: str
    began: str
    goal: State
    start: State
    arms: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])  # commits by arm
    command: Command | None = None
    back: Command | None = None
    steps: tuple[Step, ...] = ()
    seen: tuple[Seen, ...] = ()
    recalled: tuple[Recalled, ...] = ()
    until_s: float = 0.0  # the stream ended
    per_s: float = 0.0  # asks a second that were due
    restored: bool = False
    trouble: str = ""
    foreign: str = ""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
