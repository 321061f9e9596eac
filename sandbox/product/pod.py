"""What the handlers share: one pod's settings, stores, counters, log, faults and its life cycle."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.product.conversations import Conversations
from sandbox.product.faults import RULES, Effects, Facts, effects
from sandbox.product.latency import LEGACY_FACTOR, Model
from sandbox.product.line import Line
from sandbox.product.logs import Log, hashed
from sandbox.product.metrics import Metrics
from sandbox.product.neighbours import Neighbours
from sandbox.switches import Switches

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from sandbox.product.schema import Doc
    from sandbox.product.settings import Settings

HEADER = "X-Onesource-Version"
SYNTHETIC = "X-Onesource-Synthetic"  # whoever sends it is no user


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as far as it is known before it is answered."""

    question: str
    session: str
    tier: str
    turn: int
    streamed: bool


ASKED = web.RequestKey("asked", Asked)
DRAW = web.RequestKey("draw", float)


class Pod:
    """One pod. `draining` is set by SIGTERM, `hurry` when answers under way must end now."""

    def __init__(self, settings: Settings) -> None:
        """Start with empty counters and no connection."""
        self.settings = settings
        self.conversations = Conversations(settings)
        self.metrics = Metrics()
        self.log = Log(settings.commit)
        self.model = Model(settings.seed, settings.pod, scale=settings.latency_scale, unified=settings.unified_pipeline)
        self.switches = Switches()
        _ = self.switches.active()
        self._switched_s = self.switches.since_s
        self.truth = Effects(commit=settings.commit)
        self.neighbours = Neighbours(settings)
        self.line = Line()
        self._random = random.Random(f"{settings.seed}/{settings.pod}/faults")  # noqa: S311
        self.draining = False
        self.hurry = asyncio.Event()
        self.busy = 0

    def effects(self, request: web.Request) -> Effects:
        """Return what the faults active now do to this request's answer; a switch starts the figures anew."""
        active = self.switches.active()
        if self.switches.since_s != self._switched_s:
            self._switched_s = self.switches.since_s
            self.metrics = Metrics()  # as after a restart, or alerts would go on for a fault that has ended
        if RULES.keys().isdisjoint(active):
            return self.truth
        return effects(active, self._facts(request))

    def _facts(self, request: web.Request) -> Facts:
        settings, asked, wall_s = self.settings, request.get(ASKED), time.time()
        draw = request.get(DRAW)
        if draw is None:
            draw = request[DRAW] = self._random.random()
        return Facts(
            settings.commit,
            settings.other_commit,
            settings.track,
            request.cookies.get("canary"),
            turn=asked.turn if asked else 0,
            tier=asked.tier if asked else "",
            prompt_bytes=len(asked.question.encode()) if asked else 0,
            streamed=asked.streamed if asked else False,
            route=route(request),
            pod=settings.pod,
            first=self.neighbours.first(),
            environment=settings.environment,
            wall_s=wall_s,
            since_s=wall_s - self.switches.since_s,
            draw=draw,
            draining=self.draining,
            store=settings.conv_store_primary,
            weight=self.neighbours.weight(),
            own=settings.own,
        )

    def takes_s(self, tier: str, change: Effects) -> float:
        """Return for how many seconds the model behind an endpoint will take for its next answer."""
        drawn = self.model.draw(tier)
        runs = self.settings.unified_pipeline if change.unified is None else change.unified
        drawn *= LEGACY_FACTOR ** (self.settings.unified_pipeline - runs)
        return change.lasts_s(drawn)

    async def think(self, seconds: float) -> None:
        """Wait as long as the model would, unless the pod has to go."""
        if seconds <= 0 or self.hurry.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                _ = await self.hurry.wait()
        except TimeoutError:
            return


POD = web.AppKey("pod", Pod)


class Refusal(Exception):  # noqa: N818  an answer to the caller, not a defect
    """A request that is answered with an error document."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        """Keep what the error document says."""
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers

    def response(self) -> web.Response:
        """Return the error document."""
        return as_json({"error": self.code, "detail": self.detail}, status=self.status, headers=self.headers)


def as_json(doc: Doc, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON answer that nobody caches."""
    return web.Response(
        body=json.dumps(doc, ensure_ascii=False).encode(),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def route(request: web.Request) -> str:
    """Return the pattern of the request's path, or "other" when there is none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "other"


def marks(request: web.Request) -> dict[str, bool]:
    """Return what every log event of a request says about who sent it."""
    return {"synthetic": True} if SYNTHETIC in request.headers else {}


async def name_version(request: web.Request, response: web.StreamResponse) -> None:
    """Put the build's name on every answer, and end the connection of a pod that goes away."""
    pod = request.app[POD]
    commit = pod.effects(request).commit
    if commit is not None:
        response.headers[HEADER] = commit
    if pod.draining:
        response.force_close()
        response.headers["Connection"] = "close"


@web.middleware
async def account(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count each answer and turn every failure into a JSON document."""
    pod = request.app[POD]
    begun = time.perf_counter()
    pod.busy += 1
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except Refusal as refusal:
        response = refusal.response()
        status = refusal.status
    except web.HTTPException as error:
        status = error.status
        response = as_json({"error": error.reason.lower().replace(" ", "_"), "path": request.path}, status=status)
    except (ConnectionResetError, asyncio.CancelledError):
        status = 499  # the client left; nobody reads an answer
        raise
    except Exception as error:  # noqa: BLE001  a defect is a 500 and a traceback in the log, never a dead pod
        _log_traceback(error)
        response = as_json({"error": "internal_error", "path": request.path}, status=500)
    finally:
        pod.busy -= 1
        path = route(request)
        elapsed = time.perf_counter() - begun
        pod.metrics.request(status, path, elapsed)
        if status >= 500 and path.startswith("/api/chat/"):  # good answers log themselves, with more
            _log_failure(request, path, status, elapsed)
    return response


def _log_failure(request: web.Request, path: str, status: int, elapsed_s: float) -> None:
    asked = request.get(ASKED)
    request.app[POD].log.event(
        "request_metrics",
        endpoint=path,
        tier=asked.tier if asked else None,
        session_id_hash=hashed(asked.session) if asked else None,
        latency_ms=round(1000 * elapsed_s, 2),
        status=status,
        turn=asked.turn if asked else None,
        **marks(request),
    )


def _log_traceback(error: Exception) -> None:
    import traceback  # noqa: PLC0415  a healthy pod never needs it

    _ = sys.stdout.write("".join(traceback.format_exception(error)))
    _ = sys.stdout.flush()
