"""A chat product for tests that talk: it remembers what it was told, or forgets it in every way that products do."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.unit.observe.servers import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Mapping

STATED = re.compile(r"my (?P<thing>[a-z ]+) is (?P<value>[A-Z]\d-[A-Z]\d[A-Z]-\d\d)", re.IGNORECASE)


@dataclass
class Chatroom:
    """What it does; every request it got is kept. Memory is by session: (owner, arm that was told, text)."""

    loses: float = 0.0  # of the told turns, drawn by `seed`
    seed: int = 1
    lasts: int = 1000  # turns; a fact is gone after so many
    parted: bool = False  # a version knows only what it was told itself
    echoes: bool = False
    babbles: bool = False  # says all that anybody ever said
    leaky: bool = False  # whoever knows the id is the owner
    overwrites: bool = False  # a turn writes the conversation as it was when the turn began
    alone: bool = False  # refuses a turn beside another one with 409
    refuses: int = 403  # status for those whose conversation it is not
    status: int = 200
    breaks: Mapping[str, Any] = field(default_factory=dict[str, Any])  # put over the answer
    hiccups: int = 0  # each so-manieth ask is answered 500
    think_s: float = 0.0
    seen: list[web.Request] = field(default_factory=list[web.Request])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self._said: dict[str, list[tuple[str, str]]] = {}
        self._owners: dict[str, str] = {}
        self._turns: dict[str, int] = {}
        self._busy: set[str] = set()
        self._draw = random.Random(self.seed)
        self._numbers = itertools.count(1)
        self.lost: set[str] = set()  # sessions whose fact was lost

    def app(self) -> web.Application:
        app = web.Application()
        _ = app.router.add_post("/api/chat/ask", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.seen.append(request)
        self.bodies.append(body)
        arm = NEW if request.headers.get("X-Canary") == "always" else OLD
        status, said = await self.say(
            body["session_id"], request.headers.get("Authorization", ""), arm, body["question"]
        )
        if status == 200 and self.hiccups and next(self._numbers) % self.hiccups == 0:
            status = 500
        if status != 200:
            return web.json_response({"error": said or "no answer"}, status=status)
        document = document_of(body["session_id"], said) | dict(self.breaks)
        response = web.json_response(document, headers={"X-Onesource-Version": arm})
        response.set_cookie("affinity", arm)
        return response

    async def say(self, session: str, user: str, arm: str, question: str) -> tuple[int, str]:
        """Take a turn; return the status and the words of the answer."""
        if self.status != 200:
            return self.status, ""
        if self._owners.setdefault(session, user) != user and not self.leaky:
            return self.refuses, "" if self.refuses != 200 else "Nothing was said so far."
        if self.alone and session in self._busy:
            return 409, ""
        self._busy.add(session)
        before = list(self._said.get(session, ()))
        number = self._turns[session] = self._turns.get(session, 0) + 1
        if self.think_s:
            await asyncio.sleep(self.think_s)
        told = STATED.search(question)
        now = before if self.overwrites else self._said.get(session, [])
        if told and self._draw.random() < self.loses:
            self.lost.add(session)
        else:
            now = [*now, (arm, question)]
        self._said[session] = now
        self._busy.discard(session)
        return 200, "Noted." if told else self._recalled(before, arm, question, number)

    def _recalled(self, before: list[tuple[str, str]], arm: str, question: str, number: int) -> str:
        if self.echoes:
            return f"You asked: {question}"
        known = before if number <= self.lasts else []
        if self.babbles:
            known = [one for said in self._said.values() for one in said]
        facts = [match for by, text in known if (match := STATED.search(text)) and (by == arm or not self.parted)]
        asked = question.lower()
        about = [one for one in facts if any(word in asked for word in one["thing"].split())]
        if "so far" in asked or self.babbles:
            about = facts
        return "; ".join(f"your {one['thing']} is {one['value']}" for one in about) or "Nothing was said of it."


def document_of(session: str, said: str) -> dict[str, Any]:
    meta = {"schema": "v2", "session_id": session, "tier": "regular", "tokens_used": 7}
    return {"title": "An answer to it", "blocks": [{"type": "markdown", "content": said}], "meta": meta}
