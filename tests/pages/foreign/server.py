"""Another chat, "Desk": other markup, other words and another API's names. What it knows is the stand-in's."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.product import answers, examples
from sandbox.product.endpoints import PAGE

if TYPE_CHECKING:
    from sandbox.product.schema import Doc

HERE = Path(__file__).parent


class Desk:
    """One Desk with its conversations; the same questions in the same order always get the same answers."""

    def __init__(self) -> None:
        self._said: dict[str, list[str]] = {}
        self._loads = itertools.count(1)

    def app(self) -> web.Application:
        app = web.Application()
        _ = app.router.add_get("/", self.page)
        _ = app.router.add_get("/static/diagram.svg", self.diagram)
        _ = app.router.add_get("/starters", self.starters)
        _ = app.router.add_post("/talk", self.talk)
        return app

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(
            body=(HERE / "page.html").read_bytes(), headers={"Content-Type": "text/html; charset=utf-8"}
        )

    async def diagram(self, _: web.Request) -> web.Response:
        return web.Response(body=(PAGE / "diagram.svg").read_bytes(), content_type="image/svg+xml")

    async def starters(self, _: web.Request) -> web.Response:
        return web.json_response({"examples": examples.fresh(4, [], next(self._loads))})

    async def talk(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        question = str(body.get("q") or "").strip()
        if not question:
            return web.json_response({"error": "q: want a text"}, status=422)
        chat = str(body.get("chat") or f"chat-{len(self._said) + 1}")
        said = self._said.setdefault(chat, [])
        asked = answers.Ask(question, chat, "regular", tuple(said), seed=1, unified=True, suggest=True)
        document: Doc = answers.answer(asked)
        del document["meta"]["session_id"]
        document["meta"]["chat"] = chat
        said.append(question)
        return web.json_response(document)
