"""Isolation probes: read others' conversations by their ids, and let turns of one conversation run side by side."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.judge.isolation import ANOTHER, NOBODY, REFUSALS, ForeignRead, Isolation, Turn
from harness.observe.chatting import Chatter, Reply, Voice, session_id
from harness.observe.facts import fact
from harness.observe.recall import recalls
from harness.observe.routing.ask import plain
from harness.observe.spoken import cut, mentions
from harness.observe.watching.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.clock import Clock
    from harness.observe.facts import Fact
    from harness.target import Environment, Target

CONVERSATIONS: Final = 12  # that somebody else asks in
CROWDS: Final = 7  # conversations with turns side by side
SIDE_BY_SIDE: Final = (
    5  # turns at once; no fact is then asked for more than ten turns later, in whatever order they end
)
PER_S: Final = 10.0  # requests; a crowd leaves together and is then waited for
PART_OF_PATIENCE: Final = 0.8
EVERYTHING: Final = "What have I told you so far in this conversation?"
NOT_NOW: Final = frozenset({409, 423})  # another turn is under way: such a turn is told again when it is alone


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with a conversation: how he speaks in it, what he told it, and whether it knows."""

    voice: Voice
    fact: Fact
    told: bool
    known: bool


async def probe(target: Target, environment: Environment, clock: Clock, *, seed: int) -> Isolation:
    """Try both at once; facts and wordings follow from `seed`. Never raises for what a target or a network does."""
    door = plain(environment)
    if door is None:
        return Isolation(trouble=f"the profile {target.name} gives no address that anybody asks", seed=seed)
    users = distinct(Tokens(environment.token_file, clock), CONVERSATIONS + CROWDS)
    within_s = target.probes.patience_s * PART_OF_PATIENCE
    async with Chatter(target, clock, per_s=PER_S, within_s=within_s) as chatter:
        probing = Probing(chatter, door.url, users, seed)
        reads, turns = await asyncio.gather(probing.reads(), probing.turns())
    trouble = "" if len(users) > 1 else f"{len(users)} bearer tokens, two users need two: give token_file more lines"
    return Isolation(reads, turns, trouble, seed)


def distinct(tokens: Tokens, most: int) -> tuple[str, ...]:
    """Return the tokens of so many users at most, each once."""
    found: list[str] = []
    while len(found) < most and (token := tokens()) and token not in found:
        found.append(token)
    return tuple(found)


class Probing:
    """One run's isolation probes."""

    def __init__(self, chatter: Chatter, url: str, users: Sequence[str], seed: int) -> None:
        """Prepare; `users` are the tokens of different ones."""
        self._chatter, self._url, self._users, self._seed = chatter, url, users, seed
        self._numbers = itertools.count()

    async def reads(self) -> tuple[ForeignRead, ...]:
        """Let each owner tell and recall a fact; then another owner, and somebody without a token, ask in his place."""
        if not self._users:
            return ()
        owners = await asyncio.gather(*(self._own(number) for number in range(CONVERSATIONS)))
        asked = [(owner, self._reader(owners, number), number) for number, owner in enumerate(owners)]
        found = await asyncio.gather(
            *(self._read(owner, reader, number) for owner, reader, number in asked if reader is not None),
            *(self._read(owner, None, number) for owner, _, number in asked),
        )
        return (*found,)

    async def turns(self) -> tuple[Turn, ...]:
        """Let crowds of turns run side by side, one conversation after the other; then ask for all that was told."""
        found: list[Turn] = []
        for number in range(CROWDS):
            found += await self._crowd(self._voice(CONVERSATIONS + number))  # others, for the sake of their rate limits
        return (*found,)

    def _voice(self, number: int) -> Voice:
        token = self._users[number % len(self._users)] if self._users else ""
        return Voice(session_id(), self._url, token, fresh=True)

    def _reader(self, owners: Sequence[Owner], number: int) -> Owner | None:
        """Return an owner who is another user."""
        after = itertools.chain(owners[number + 1 :], owners[:number])
        return next((one for one in after if one.voice.token != owners[number].voice.token), None)

    async def _own(self, number: int) -> Owner:
        voice, own = self._voice(number), fact(self._seed, next(self._numbers), number)
        told = not (await self._chatter.ask(voice, own.statement)).error
        known = told and recalls(await self._chatter.ask(voice, own.question), own.value)[0]
        return Owner(voice, own, told, known)

    async def _read(self, owner: Owner, reader: Owner | None, number: int) -> ForeignRead:
        """Ask in somebody's conversation; every other time for all that it holds."""
        question = owner.fact.question if number % 2 == 0 else EVERYTHING
        seen = ForeignRead(
            owner.voice.session_id,
            NOBODY if reader is None else ANOTHER,
            question,
            owner.fact.value,
            known=owner.known,
        )
        if not owner.told:
            return replace(seen, error="the owner's telling was not answered")
        token = "" if reader is None else reader.voice.token
        reply = await self._chatter.ask(replace(owner.voice, token=token), question)
        seen = replace(seen, answer=cut(reply.text), status=reply.status, leaked=mentions(reply.text, owner.fact.value))
        if reply.status in REFUSALS and reader is not None and not reader.told:
            return replace(seen, error=f"{reply.error} to a user who was refused in his own conversation, too")
        return seen if reply.status in REFUSALS or reply.status == 200 else replace(seen, error=reply.error)

    async def _crowd(self, voice: Voice) -> list[Turn]:
        """Tell one fact alone and the others at once; refused ones again one by one; then ask for each."""
        first = next(self._numbers)
        facts = [fact(self._seed, first, first), *(self._another(first, n) for n in range(1, SIDE_BY_SIDE + 1))]
        opening = await self._chatter.ask(voice, facts[0].statement)
        if opening.error:  # no conversation, then
            return [_turn(voice, facts[0], error=f"telling: {opening.error}")]
        await self._chatter.pace.book(SIDE_BY_SIDE)
        asks = (self._chatter.ask(voice, one.statement, booked=True) for one in facts[1:])
        replies = [opening, *await asyncio.gather(*asks)]
        for number in [number for number, reply in enumerate(replies) if reply.status in NOT_NOW]:
            replies[number] = await self._chatter.ask(voice, facts[number].statement)
        return [
            await self._asked(voice, one, reply, facts, beside=number > 0)
            for number, (one, reply) in enumerate(zip(facts, replies, strict=True))
        ]

    def _another(self, first: int, number: int) -> Fact:
        """Return the fact of a turn beside others; each is about something else."""
        return fact(self._seed, next(self._numbers), first + number)

    async def _asked(self, voice: Voice, one: Fact, told: Reply, facts: Sequence[Fact], *, beside: bool) -> Turn:
        turn = _turn(voice, one, beside=beside)
        if told.error:
            return replace(turn, error=f"telling: {told.error}")
        reply = await self._chatter.ask(voice, one.question)
        good, error = recalls(reply, one.value, [other.value for other in facts])
        return replace(turn, answer=cut(reply.text), remembered=good, error=f"asking: {error}" if error else "")


def _turn(voice: Voice, one: Fact, *, beside: bool = False, error: str = "") -> Turn:
    return Turn(voice.session_id, cut(one.statement), cut(one.question), one.value, beside=beside, error=error)
