"""Conversations that are told a random fact and asked for it later: is it remembered?

The fact is drawn at random and can't be guessed or met by chance; the question paraphrases it and never contains it;
the answer counts if the fact stands in it as a whole word, in any case and spelling of blanks and dashes.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.judge.drill import Recalled
from harness.observe.chatting import Chatter, Reply, Voice, session_id
from harness.observe.facts import fact
from harness.observe.load.validity import FOREIGN
from harness.observe.routing.ask import plain
from harness.observe.spoken import cut, remembered
from harness.observe.watching.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.clock import Clock
    from harness.target import Environment, Target


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation that knows a fact: its session id, who holds it, what was told and how it is asked for."""

    session_id: str
    token: str = field(repr=False)
    wanted: str
    question: str


class Talker:
    """Opens conversations and asks them again; blocking, in a loop of its own for the length of each call."""

    def __init__(self, target: Target, environment: Environment, clock: Clock, *, seed: int = 1) -> None:
        """Prepare; no two facts of one talker are the same, and another seed gives others."""
        door = plain(environment)
        if door is None:
            raise UsageError(
                f"target profile {target.name}: recalling conversations wanted an address that anybody asks, got url "
                f"{environment.url!r}; give the environment's url"
            )
        self._target, self._clock, self._seed, self._url = target, clock, seed, door.url
        self._tokens = Tokens(environment.token_file, clock)
        self._drawn = 0

    def tell(self, count: int) -> tuple[Told, ...]:
        """Open so many conversations and tell each its fact; those that were not answered well are left out."""
        facts = [fact(self._seed, self._drawn + number) for number in range(count)]
        self._drawn += count
        told = [Told(session_id(), self._tokens(), one.value, one.question) for one in facts]
        said = self._all([(one, what.statement) for one, what in zip(told, facts, strict=True)])
        return tuple(one for one, reply in zip(told, said, strict=True) if not reply.error)

    def ask(self, told: Sequence[Told], when: str) -> tuple[Recalled, ...]:
        """Ask each for its fact, all at once."""
        said = self._all([(one, one.question) for one in told])
        return tuple(_recalled(one, when, reply) for one, reply in zip(told, said, strict=True))

    def _all(self, asked: Sequence[tuple[Told, str]]) -> list[Reply]:
        async def work() -> list[Reply]:
            async with Chatter(self._target, self._clock) as chatter:
                voices = [Voice(one.session_id, self._url, one.token, fresh=True) for one, _ in asked]
                return await asyncio.gather(
                    *(chatter.ask(voice, what) for voice, (_, what) in zip(voices, asked, strict=True))
                )

        with ThreadPoolExecutor(1) as aside:  # whoever calls may have a loop running, a browser's for instance
            return aside.submit(asyncio.run, work()).result()


def recalls(reply: Reply, wanted: str, told: Collection[str] = ()) -> tuple[bool, str]:
    """Return whether a reply gives the fact back and, if not, why it can't be held against the memory, else "".

    A valid answer without the fact is forgotten, as is one that names another conversation; anything else is no answer.
    """
    good = reply.status == 200 and remembered(reply.text, wanted, told)
    return good, "" if good or reply.error == FOREIGN else reply.error


def _recalled(one: Told, when: str, reply: Reply) -> Recalled:
    good, error = recalls(reply, one.wanted)
    return Recalled(one.session_id, when, one.question, one.wanted, cut(reply.text), good, error)
