"""Everything but chat: identity, health, examples, feedback, telemetry, metrics and the page."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.product import documents, examples, lying, offering, schema
from sandbox.product.chat import body_of
from sandbox.product.faults import edits
from sandbox.product.logs import hashed
from sandbox.product.pod import POD, Pod, Refusal, as_json, marks

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from sandbox.product.schema import Doc

PAGE = Path(__file__).with_name("page")
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
MOST_EXAMPLES = 10
RATINGS = {
    "positive": "positive",
    "up": "positive",
    "1": "positive",
    "negative": "negative",
    "down": "negative",
    "-1": "negative",
}


class Version:
    """GET /version, written once for each thing it may say: thousands of asks cost nothing."""

    def __init__(self, pod: Pod) -> None:
        """Prepare."""
        self._pod = pod
        self._written: dict[tuple[str | None, tuple[tuple[str, bool], ...]], bytes] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """Answer with the build this pod names, its flags and its environment."""
        change = self._pod.effects(request)
        key = (change.commit, change.shown)
        body = self._written.get(key)
        if body is None:
            body = self._written[key] = json.dumps(self._document(*key)).encode()
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    def _document(self, commit: str | None, shown: tuple[tuple[str, bool], ...]) -> Doc:
        named = {} if commit is None else {"git_commit": commit}
        settings = self._pod.settings
        return {
            "environment": settings.environment,
            "feature_flags": settings.flags | dict(shown),
            "version": {**named, "schema_version": schema.VERSION},
        }


async def healthz(_: web.Request) -> web.Response:
    """GET /healthz: the process answers."""
    return as_json({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: 200 when the pod can serve chats, 503 when not or when it is going away."""
    pod = request.app[POD]
    redis, usable = await pod.conversations.health()
    checks = {
        "redis": _status(good=redis),
        "conversation_store": _status(good=usable),
        "schema_guard": _status(good=True),
        "configuration": _status(good=True),
    }
    ready = usable and not pod.draining and not pod.effects(request).unready
    status = "ready" if ready else "terminating" if pod.draining else "not_ready"
    return as_json({"status": status, "health_checks": checks}, status=200 if ready else 503)


def _status(*, good: bool) -> Doc:
    return {"status": "healthy" if good else "unhealthy"}


async def observability(request: web.Request) -> web.Response:
    """GET /api/metrics/observability."""
    pod = request.app[POD]
    change = pod.effects(request)
    counted = lying.counted(pod.metrics, change.figures)
    up = await pod.conversations.up("redis")
    return as_json(lying.told(documents.observability(counted, redis_up=up, also=change.alerts), change.figures))


async def schema_figures(request: web.Request) -> web.Response:
    """GET /api/metrics/schema."""
    pod = request.app[POD]
    figures = pod.effects(request).figures
    return as_json(lying.told(documents.schema(lying.counted(pod.metrics, figures)), figures))


async def prometheus(request: web.Request) -> web.Response:
    """GET /metrics."""
    pod = request.app[POD]
    up = await pod.conversations.up("redis")
    change = pod.effects(request)
    counted = lying.counted(pod.metrics, change.figures)
    text = documents.prometheus(counted, pod.settings.commit, redis_up=up, also=change.alerts)
    return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


async def prompt_examples(request: web.Request) -> web.Response:
    """GET /api/prompts/examples?n=5&topics=a,b[&seed=7]: new ones for each call, static ones with the flag off."""
    pod = request.app[POD]
    count = _whole(request, "n", 5)
    if not 1 <= count <= MOST_EXAMPLES:
        raise Refusal(422, "bad_request", f"n: want 1 to {MOST_EXAMPLES}, got {count}")
    change = pod.effects(request)
    if not (pod.settings.dynamic_prompts if change.examples is None else change.examples):
        chosen, seed = list(examples.STATIC[:count]), None
    else:
        seed = offering.seed(_whole(request, "seed", secrets.randbits(31)), change)
        topics = [topic.strip() for topic in request.query.get("topics", "").split(",")]
        chosen = offering.examples(examples.fresh(count, topics, seed), change)
    pod.metrics.examples_served += len(chosen)
    pod.metrics.clicks_7d.add(0, len(chosen))
    return as_json({"examples": chosen, "seed": seed})


def _whole(request: web.Request, name: str, default: int) -> int:
    given = request.query.get(name)
    try:
        return default if given is None else int(given)
    except ValueError:
        raise Refusal(422, "bad_request", f"{name}: want a whole number, got {given!r}") from None


async def telemetry(request: web.Request) -> web.Response:
    """POST /api/telemetry/ui: count what people do on the page."""
    pod = request.app[POD]
    body = await body_of(request)
    kind = body.get("event_type")
    if not isinstance(kind, str) or not kind.replace("_", "").isalnum() or len(kind) > 64:
        raise Refusal(422, "bad_request", "event_type: want a short name of letters, digits and _")
    pod.metrics.ui_events[kind] += 1
    if kind == "example_clicked":
        pod.metrics.clicks_7d.add(1, 0)
    pod.log.event("ui_telemetry", event_type=kind, session_id_hash=_session(body), **marks(request))
    return as_json({"status": "recorded"}, status=202)


async def feedback(request: web.Request) -> web.Response:
    """POST /api/chat/feedback `{"session_id", "rating": "positive"|"negative" (or up, down, 1, -1), "comment"?}`."""
    pod = request.app[POD]
    body = await body_of(request)
    rating = RATINGS.get(str(body.get("rating")).lower())
    if rating is None:
        raise Refusal(422, "bad_request", "rating: want positive or negative")
    pod.metrics.feedback[rating] += 1
    pod.log.event("user_feedback", rating=rating, session_id_hash=_session(body), **marks(request))
    return as_json({"status": "recorded"}, status=202)


def _session(body: Doc) -> str | None:
    session = body.get("session_id")
    return hashed(session) if isinstance(session, str) and session else None


@web.middleware
async def fallback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a single-page web server would with its page; the kubelet goes on seeing the backend."""
    probed = request.headers.get("User-Agent", "").startswith("kube-probe/")
    if probed or not request.app[POD].effects(request).html:
        return await handler(request)
    return _file(PAGE / "index.html", request.app[POD])


async def page(request: web.Request) -> web.Response:
    """GET / and /static/NAME: the web page's files, and no other."""
    name = request.match_info.get("name", "index.html")
    path = PAGE / name
    if path.suffix not in KINDS or path.parent != PAGE or not path.is_file():
        raise web.HTTPNotFound
    return _file(path, request.app[POD])


def _file(path: Path, pod: Pod) -> web.Response:
    headers = {"Content-Type": KINDS[path.suffix], "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if path.suffix == ".html":
        headers["Content-Security-Policy"] = POLICY
    return web.Response(body=edits.edited(path.name, path.read_bytes(), pod.switches.active()), headers=headers)
