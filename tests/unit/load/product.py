"""A chat product for load tests: real HTTP, v2 answers, streams, and every way of going wrong at will."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from harness.clock import SystemClock
from harness.observe.arms import Teller
from harness.observe.load.account import Tolerance
from harness.observe.load.engine import Engine, Ran, Sinks
from harness.observe.load.sending import Where
from harness.target import ArmFrom, Build
from tests.unit.observe.servers import NEW, OLD, serving

if TYPE_CHECKING:
    from collections.abc import Generator

    from harness.evidence.sample import Sample
    from harness.observe.load.account import Account
    from harness.observe.load.plan import Plan
    from harness.observe.load.sse import Stamps

PATHS: Any = {"chat": "/api/chat/ask", "enhanced": "/api/chat/ask-enhanced"}
TELLER = Teller(ArmFrom(), {"stable": Build("sha256:a", OLD), "canary": Build("sha256:b", NEW)})


@dataclass
class Chat:
    """What the product does to each question; all it got is kept."""

    think_s: float = 0.0
    status: int = 200
    breaks: dict[str, Any] = field(default_factory=dict[str, Any])  # put over the answer
    stall_at: int = 0  # the request that begins a stall of a second, 0: none
    cut: bool = False  # streams end without their answer
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    stalled_until: float = 0.0
    answered_at: dict[int, float] = field(default_factory=dict[int, float])  # by order of arrival, seconds of UTC

    def app(self) -> web.Application:
        app = web.Application()
        for path in PATHS.values():
            _ = app.router.add_post(path, self.answer)
        return app

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        nth = len(self.bodies)
        if nth == self.stall_at:
            self.stalled_until = time.monotonic() + 1.0
        await asyncio.sleep(max(self.think_s, self.stalled_until - time.monotonic() + self.think_s))
        self.answered_at[nth] = time.time()
        if request.path.endswith("enhanced") and request.headers.get("Authorization") != "Bearer hush":
            return web.Response(status=401)
        document = answer(body["session_id"]) | self.breaks
        if "text/event-stream" in request.headers["Accept"]:
            return await self.stream(request, document)
        response = web.json_response(document, status=self.status, headers={"X-Onesource-Version": OLD})
        response.set_cookie("affinity", "stable")
        return response

    async def stream(self, request: web.Request, document: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        _ = await response.prepare(request)
        await response.write(b'event: role\ndata: {"role": "assistant"}\n\n')
        for pause_s in (0.15, 0.02, 0.2):
            await asyncio.sleep(pause_s)
            await response.write(b'event: delta\r\ndata: {"text": "word "}\r\n\r\n')
        if not self.cut:
            await response.write(f"event: answer\ndata: {json.dumps(document)}\n\n".encode())
        return response


def answer(session_id: str) -> dict[str, Any]:
    blocks = [
        {"type": "markdown", "content": "A text."},
        {"type": "table", "content": "", "caption": "Prices", "headers": ["a", "b"], "rows": [["1", "2"]]},
    ]
    meta = {"schema": "v2", "session_id": session_id, "tier": "regular", "tokens_used": 7}
    return {"title": "An answer to it", "blocks": blocks, "meta": meta}


@dataclass
class Seen:
    """What an engine handed on."""

    samples: list[Sample] = field(default_factory=list[Any])
    slices: list[tuple[Account, str]] = field(default_factory=list[Any])
    stamps: list[Stamps] = field(default_factory=list[Any])
    scheduled: Counter[str] = field(default_factory=Counter[str])  # by stream
    ran: Ran = field(default_factory=Ran)

    @property
    def errors(self) -> set[str]:
        return {sample.error for sample in self.samples}


@contextmanager
def engine(plan: Plan, chat: Chat | str, *, slice_s: float = 1.0, **where: Any) -> Generator[tuple[Engine, Seen]]:
    """An engine against a product that serves in a thread of its own, or against an address."""
    seen = Seen()

    def scheduled(at_s: float, stream: str, _: str) -> None:
        assert abs(at_s - time.time()) < 60
        seen.scheduled[stream] += 1

    sinks = Sinks(
        scheduled=scheduled,
        sample=seen.samples.append,
        slice=lambda account, why: seen.slices.append((account, why)),
        stamps=lambda _, stamps: seen.stamps.append(stamps),
    )
    settings: dict[str, Any] = {"timeout_s": 2.0, "bearer": lambda: "hush", **where}
    tolerance = settings.pop("tolerance", Tolerance(late_s=0.2))  # this machine is shared
    if isinstance(chat, str):
        yield Engine(plan, Where(chat, PATHS, TELLER, **settings), SystemClock(), sinks, tolerance=tolerance), seen
        return
    with serving(chat.app) as url:
        put = Where(url, PATHS, TELLER, **settings)
        yield Engine(plan, put, SystemClock(), sinks, slice_s=slice_s, tolerance=tolerance), seen


def run(plan: Plan, chat: Chat | str, seconds: float, **settings: Any) -> Seen:
    """Run a plan to its end, and check what always holds: every scheduled request is in exactly one count."""
    drain_s = settings.pop("drain_s", 0.0)
    with engine(plan, chat, **settings) as (made, seen):
        seen.ran = asyncio.run(made.run(seconds, drain_s=drain_s))
    total = seen.ran.total
    assert total.scheduled == total.answered + total.failed + total.late + total.capped
    assert sum(account.scheduled for account, _ in seen.slices) == total.scheduled
    assert len([sample for sample in seen.samples if sample.stream == "load"]) == total.scheduled
    assert seen.scheduled == Counter(sample.stream for sample in seen.samples)
    return seen
