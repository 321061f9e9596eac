"""What the handlers share: one pod's settings, stores, counters, log, faults and its life cycle."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.product.conversations import Conversations
from sandbox.product.faults import Effects, Facts, effects
from sandbox.product.latency import Model
from sandbox.product.logs import Log
from sandbox.product.metrics import Metrics
from sandbox.switches import Switches

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from sandbox.product.schema import Doc
    from sandbox.product.settings import Settings

HEADER = "X-Onesource-Version"
TURN = web.RequestKey("turn", int)


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
        self.draining = False
        self.hurry = asyncio.Event()
        self.busy = 0

    def effects(self, request: web.Request) -> Effects:
        """Return what the faults active now do to this request's answer."""
        active = self.switches.active()
        settings = self.settings
        if not active:
            return Effects(commit=settings.commit)
        turn = request.get(TURN, 0)
        cookie = request.cookies.get("canary")
        facts = Facts(settings.commit, settings.other_commit, settings.track, cookie, turn)
        return effects(active, facts)

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
        route = request.match_info.route.resource
        path = route.canonical if route is not None else "other"
        elapsed = time.perf_counter() - begun
        pod.metrics.request(status, path, elapsed)
        if status >= 500 and path.startswith("/api/chat/"):  # good answers log themselves, with more
            pod.log.event("request_metrics", endpoint=path, status=status, latency_ms=round(1000 * elapsed, 2))
    return response


def _log_traceback(error: Exception) -> None:
    import traceback  # noqa: PLC0415  a healthy pod never needs it

    _ = sys.stdout.write("".join(traceback.format_exception(error)))
    _ = sys.stdout.flush()
