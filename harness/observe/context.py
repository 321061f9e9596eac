"""Context probes: sessions that are told a fact and asked for it once, in every way in which users' sessions go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.judge.memory import LATER, NEXT, PODS, USUAL, VERSION, Recollection, Recollections
from harness.observe.chatting import Chatter, Voice, session_id
from harness.observe.facts import fact, filler
from harness.observe.recall import recalls
from harness.observe.routing import ask
from harness.observe.spoken import cut
from harness.observe.watching.tokens import Tokens
from harness.target import ARMS, UrlPairRouting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.clock import Clock
    from harness.observe.chatting import Reply
    from harness.observe.routing.ask import Door
    from harness.target import Environment, Target

SESSIONS: Final = 64  # 59 that all remember bound the forgotten share below 5% (95%); a few may stay unanswered
PER_S: Final = 10.0  # requests; little beside the traffic that the phase is watched with
PART_OF_PATIENCE: Final = 0.8  # whoever waits for the evidence gets it before he gives up
NEAR: Final = (1, 2, 3, 4)  # turns later, by turns, over other connections


@dataclass(frozen=True, slots=True)
class Doors:
    """How a session is told its fact and how it is asked for it."""

    told: Door
    asked: Door


async def probe(
    target: Target, environment: Environment, clock: Clock, *, seed: int, turns: int, sessions: int = SESSIONS
) -> Recollections:
    """Hold so many sessions, in equal parts by each way that the target has; those left unanswered are made good once.

    `turns`: how much later the longest are asked. Facts, wordings and fillers follow from `seed`. Never raises for what
    a target or a network does; the pods behind the address are for the caller to fill in.
    """
    return await Probing(target, environment, clock, seed, turns).all(sessions)


class Probing:
    """One run's context probes."""

    def __init__(self, target: Target, environment: Environment, clock: Clock, seed: int, turns: int) -> None:
        """Prepare; nothing is asked yet."""
        self._clock, self._seed, self._turns, self._target = clock, seed, turns, target
        self._doors = {way: doors for way in (*USUAL, VERSION) if (doors := doors_of(environment, way))}
        self._tokens = Tokens(environment.token_file, clock)
        self._drawn = 0

    async def all(self, sessions: int) -> Recollections:
        """Hold the sessions of all ways side by side."""
        planned = split(sessions, (*self._doors,))
        within_s = self._target.probes.patience_s * PART_OF_PATIENCE
        async with Chatter(self._target, self._clock, per_s=PER_S, within_s=within_s) as chatter:
            held = await asyncio.gather(*(self._session(chatter, way, n) for way, n in self._places(planned)))
            lost = {way: len([one for one in held if one.way == way and one.error]) for way in planned}
            if any(not one.error for one in held):
                held += await asyncio.gather(*(self._session(chatter, way, n) for way, n in self._places(lost)))
        trouble = "" if planned else f"the profile {self._target.name} gives no address that anybody asks"
        return Recollections((*held,), planned, trouble=trouble, seed=self._seed)

    def _places(self, planned: Mapping[str, int]) -> list[tuple[str, int]]:
        """Return the way of each session with its number among those of that way, taking turns over the ways."""
        most = max(planned.values(), default=0)
        return [(way, number) for number in range(most) for way, count in planned.items() if number < count]

    async def _session(self, chatter: Chatter, way: str, number: int) -> Recollection:
        """Tell a fact, talk about other things, ask for it; only the telling and the asking have to be answered."""
        place, self._drawn = self._drawn, self._drawn + 1
        told = fact(self._seed, place)
        later = {NEXT: 1, VERSION: 1, LATER: self._turns}.get(way, NEAR[number % len(NEAR)])
        doors = self._doors[way][number % len(self._doors[way])]
        token, fresh = self._tokens(), way in {PODS, VERSION}
        teller = Voice(session_id(), doors.told.url, token, doors.told.headers, fresh=fresh)
        asker = replace(teller, url=doors.asked.url, headers=doors.asked.headers)
        seen = Recollection(teller.session_id, way, later, cut(told.statement), cut(told.question), told.value)
        reply = await chatter.ask(teller, told.statement)
        seen = replace(seen, told_by=reply.commit)
        if reply.error:
            return replace(seen, error=f"telling: {reply.error}")
        if trouble := await self._talk(chatter, teller, place, later - 1):
            return replace(seen, error=f"between: {trouble}")
        reply = await chatter.ask(asker, told.question)
        good, error = recalls(reply, told.value)
        return replace(
            seen,
            answer=cut(reply.text),
            remembered=good,
            error=f"asking: {error}" if error else "",
            asked_by=reply.commit,
        )

    async def _talk(self, chatter: Chatter, voice: Voice, place: int, turns: int) -> str:
        """Have so many turns answered that are about something else; return "" or what came too often instead."""
        answered, last = 0, ""
        for turn in range(2 * turns):
            if answered == turns:
                break
            reply: Reply = await chatter.ask(voice, filler(self._seed, place, turn))
            answered += not reply.error
            last = reply.error or last
        return "" if answered == turns else last


def doors_of(environment: Environment, way: str) -> tuple[Doors, ...]:
    """Return the doors that a way's sessions take by turns, none where the profile does not have that way."""
    if way == VERSION:
        if environment.routing is None or "canary" not in environment.deployments:
            return ()
        by = "url" if isinstance(environment.routing, UrlPairRouting) else "header"
        pinned = [ask.pinned(environment, by, arm) for arm in ARMS]
        there = [door for door in pinned if door is not None]
        return (Doors(there[0], there[1]), Doors(there[1], there[0])) if len(there) == len(ARMS) else ()
    door = ask.plain(environment)
    return (Doors(door, door),) if door is not None else ()


def split(sessions: int, ways: Sequence[str]) -> dict[str, int]:
    """Return equal parts of all sessions, the first ways one more where it does not come out even."""
    return {way: sessions // len(ways) + (number < sessions % len(ways)) for number, way in enumerate(ways)}
