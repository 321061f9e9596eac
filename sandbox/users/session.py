"""One person's visit, carried out against the target: a cookie jar and a conversation of its own."""

from __future__ import annotations

import json
from asyncio import sleep
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections import Counter

    from sandbox.users.plans import Plan

AGENT = "onesource-sandbox-users"
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)


class EndedError(Exception):
    """The target refused or failed; a person would leave, and so does this one."""


class Visit:
    """A session under way. `counts` gathers what happened over all sessions: requests, statuses, errors."""

    def __init__(self, url: str, plan: Plan, connector: aiohttp.TCPConnector, counts: Counter[str]) -> None:
        """Prepare; `run` does it."""
        self._url = url
        self._plan = plan
        self._connector = connector
        self._counts = counts
        self._session: str | None = None
        self._offered: list[str] = []

    async def run(self) -> None:
        """Carry the plan out; EndedError, aiohttp.ClientError or TimeoutError end it early."""
        headers = {"User-Agent": AGENT}
        jar = aiohttp.CookieJar(unsafe=True)  # the ingress may be a bare address
        async with aiohttp.ClientSession(
            connector=self._connector, connector_owner=False, cookie_jar=jar, headers=headers, timeout=TIMEOUT
        ) as self._http:
            await self._carry_out()

    async def _carry_out(self) -> None:
        plan = self._plan
        examples = await self._examples() if plan.lands else []
        for number, (question, pause_s) in enumerate(zip(plan.questions, plan.pauses_s, strict=True)):
            if number == plan.leaves_after:
                self._counts["abandoned"] += 1
                return
            await sleep(pause_s)
            await self._ask(await self._chosen(number, question, examples))
        if plan.exports:
            await self._tell("table_export_csv")
        if plan.rating is not None:
            _ = await self._post("/api/chat/feedback", {"session_id": self._session, "rating": plan.rating})
        self._counts["completed"] += 1

    async def _chosen(self, number: int, question: str, examples: list[str]) -> str:
        """Return the next question: planned, clicked on the landing page, or suggested by the last answer."""
        if number == 0 and self._plan.clicks_example and examples:
            await self._tell("example_clicked")
            return examples[0]
        if number in self._plan.follows and self._offered:
            await self._tell("suggested_action_clicked")
            return self._offered[0]
        return question

    async def _examples(self) -> list[str]:
        self._counts["requests"] += 1
        async with self._http.get(f"{self._url}/api/prompts/examples", params={"n": "5"}) as response:
            self._seen(response.status)
            body: Any = await response.json()
        return [str(text) for text in body.get("examples", [])]

    async def _tell(self, event: str) -> None:
        user = self._plan.user or "anonymous"
        body = {"event_type": event, "user_id": user, "session_id": self._session}
        _ = await self._post("/api/telemetry/ui", body)

    async def _ask(self, question: str) -> None:
        path = "/api/chat/ask-enhanced" if self._plan.user else "/api/chat/ask"
        body = {"question": question} | ({"session_id": self._session} if self._session else {})
        headers = {"Authorization": f"Bearer {self._plan.user}"} if self._plan.user else {}
        if self._plan.streamed:
            headers["Accept"] = "text/event-stream"
        text = await self._post(path, body, headers)
        last = text.rstrip().rpartition("data: ")[2] if self._plan.streamed else text
        answer: Any = json.loads(last)
        self._session = answer["meta"]["session_id"]
        self._offered = [str(action["label"]) for action in answer["meta"].get("suggested_actions", [])]

    async def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> str:
        self._counts["requests"] += 1
        async with self._http.post(self._url + path, json=body, headers=headers) as response:
            self._seen(response.status)
            return await response.text()

    def _seen(self, status: int) -> None:
        self._counts[f"status {status}"] += 1
        if status >= 400:
            raise EndedError(f"answered {status}")
