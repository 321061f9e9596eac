"""One person's visit, carried out against the target: cookies and a conversation of its own."""

from __future__ import annotations

import json
import uuid
from asyncio import CancelledError, sleep
from typing import TYPE_CHECKING, Any

from sandbox.users.moods import USUAL, Mood, mood
from sandbox.users.wire import Wire

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from sandbox.users.plans import Plan
    from sandbox.users.wire import Answer

AGENT = "User-Agent: onesource-sandbox-users\r\n"
JSON = "Content-Type: application/json\r\n"
VERSION = "x-onesource-version"
PATHS = {
    "examples": "/api/prompts/examples?n=5",
    "tell": "/api/telemetry/ui",
    "rate": "/api/chat/feedback",
    "chat": "/api/chat/ask",
    "enhanced": "/api/chat/ask-enhanced",
}


class Product:
    """The product as people reach it: one pool of connections for all, nothing kept between visits."""

    def __init__(self, url: str, counts: Counter[str]) -> None:
        """Prepare; `counts` gathers requests and what became of each. ValueError for a URL that is not plain http."""
        self._wire = Wire(url)
        self._counts = counts

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    async def send(self, name: str, body: bytes | None, headers: str) -> Answer:
        """Send one request (GET without a body) with further headers as lines; OSError, TimeoutError."""
        self._counts["requests"] += 1
        method = "GET" if body is None else "POST"
        try:
            answer = await self._wire.request(method, PATHS[name], AGENT + headers, body or b"")
        except CancelledError:
            self._counts["cut off"] += 1
            raise
        self._counts[f"status {answer.status}"] += 1
        return answer


class Visit:
    """A session under way, with an id that it chose before its first request.

    An answer with an error ends nobody's visit: people ask again once, then go on. Only who gets no answer leaves.
    """

    def __init__(
        self, product: Product, plan: Plan, counts: Counter[str], active: Callable[[], frozenset[str]] = frozenset
    ) -> None:
        """Prepare; `run` does it. `active` tells the faults that are on."""
        self._product = product
        self._plan = plan
        self._counts = counts
        self._active = active
        self.session = str(uuid.uuid4())
        self._cookies: dict[str, str] = {}
        self._cookie = ""  # the same as a header
        self._version: str | None = None

    async def run(self) -> None:
        """Carry the plan out; OSError or TimeoutError end it early."""
        plan = self._plan
        examples = await self._land() if plan.lands else []
        offered: list[str] = []
        for number, (question, pause_s) in enumerate(zip(plan.questions, plan.pauses_s, strict=True)):
            if number == plan.leaves_after or (number == 1 and self._fed_up()):
                self._counts["abandoned"] += 1
                return
            await sleep(pause_s)
            chosen = await self._chosen(number, question, examples, offered)
            answer = await self._ask(chosen)
            offered = _offered(answer) if number + 1 in plan.follows else []
        if len(plan.questions) == 1 and self._fed_up():
            self._counts["abandoned"] += 1
            return
        await self._end()

    async def _end(self) -> None:
        """Do what people do who reached the end of their session."""
        if self._plan.exports:
            await self._tell("table_export_csv")
        rating = self._plan.rating(self._mood().negative)
        if rating is not None:
            _ = await self._post("rate", {"session_id": self.session, "rating": rating})
        await self._tell("session_completed")
        self._counts["completed"] += 1

    def _mood(self) -> Mood:
        active = self._active()
        return mood(active, self._version) if active else USUAL

    def _fed_up(self) -> bool:
        return self._plan.patience < self._mood().leaves

    async def _land(self) -> list[str]:
        _, said = await self._send("examples", None, "")
        await self._tell("examples_served")
        if not self._plan.clicks_example:
            return []
        found = _document(said).get("examples")
        return [str(text) for text in found] if isinstance(found, list) else []  # type: ignore[reportUnknownVariableType]

    async def _chosen(self, number: int, question: str, examples: list[str], offered: list[str]) -> str:
        """Return the next question: planned, clicked on the landing page, or suggested by the last answer."""
        clicked = examples if number == 0 else offered
        if not clicked or not self._mood().clicks:
            return question
        await self._tell("example_clicked" if number == 0 else "suggested_action_clicked")
        return clicked[0]

    async def _tell(self, event: str) -> None:
        user = self._plan.user or "anonymous"
        _ = await self._post("tell", {"event_type": event, "user_id": user, "session_id": self.session})

    async def _ask(self, question: str) -> bytes:
        plan = self._plan
        headers = f"Authorization: Bearer {plan.user}\r\n" if plan.user else ""
        if plan.streamed:
            headers += "Accept: text/event-stream\r\n"
        said = await self._post(
            "enhanced" if plan.user else "chat", {"question": question, "session_id": self.session}, headers
        )
        return said.rstrip().rpartition(b"data: ")[2] if plan.streamed else said

    async def _post(self, name: str, body: dict[str, Any], headers: str = "") -> bytes:
        """Send something, once more when the answer is an error of the server."""
        raw = json.dumps(body).encode()
        status, said = await self._send(name, raw, JSON + headers)
        if status >= 500:
            self._counts["asked again"] += 1
            _, said = await self._send(name, raw, JSON + headers)
        return said

    async def _send(self, name: str, body: bytes | None, headers: str) -> tuple[int, bytes]:
        answer = await self._product.send(name, body, headers + self._cookie)
        for key, value in answer.headers:
            if key == "set-cookie":
                self._keep(value)
        self._version = answer.header(VERSION) or self._version
        return answer.status, answer.body

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        if self._cookies.get(name) != value:
            self._cookies[name] = value
            self._cookie = f"Cookie: {'; '.join(f'{one}={held}' for one, held in self._cookies.items())}\r\n"


def _document(said: bytes) -> dict[str, Any]:
    """Return a JSON object, or an empty one for whatever else a target may say."""
    try:
        found: Any = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}  # type: ignore[reportUnknownVariableType]


def _offered(said: bytes) -> list[str]:
    """Return the labels of the actions that an answer suggests."""
    meta = _document(said).get("meta")
    actions: Any = meta.get("suggested_actions") if isinstance(meta, dict) else None  # type: ignore[reportUnknownVariableType]
    if not isinstance(actions, list):
        return []
    return [str(one["label"]) for one in actions if isinstance(one, dict) and "label" in one]  # type: ignore[reportUnknownVariableType]
