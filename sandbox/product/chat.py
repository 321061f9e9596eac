"""The chat endpoints: who asks, what was said, the answer, what is kept of it."""

from __future__ import annotations

import contextlib
import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import web

from sandbox.product import answers, offering, schema, spoiling
from sandbox.product.conversations import ForeignError, History
from sandbox.product.latency import FIRST_SHARE
from sandbox.product.logs import hashed
from sandbox.product.pod import ASKED, POD, Asked, Pod, Refusal, as_json, marks
from sandbox.product.resp import StoreDownError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.conversations import Message
    from sandbox.product.faults import Effects
    from sandbox.product.schema import Doc

LONGEST = 32_000
SESSION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
BEARER = re.compile(r"Bearer (test-[A-Za-z0-9._-]{1,64})")
CHUNKS = 8
FAILED = {
    500: ("internal_error", "no answer could be made"),
    502: ("bad_gateway", "the pod is going away"),
    503: ("unavailable", "no answer can be made now"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with all that is known before it is answered.

    `begun` is perf_counter at arrival; `marks` are what its log event says about the sender, `change` what the
    active faults do to the answer.
    """

    question: str
    session: str
    owner: str
    tier: str
    history: History
    number: int
    begun: float
    marks: Mapping[str, bool]
    change: Effects


async def ask(request: web.Request) -> web.StreamResponse:
    """POST /api/chat/ask: for anyone."""
    return await _answer(request, "regular", user_of(request))


async def ask_enhanced(request: web.Request) -> web.StreamResponse:
    """POST /api/chat/ask-enhanced: for users with a bearer token."""
    user = user_of(request)
    if user is None:
        raise Refusal(401, "unauthorized", "this endpoint needs a bearer token", {"WWW-Authenticate": "Bearer"})
    return await _answer(request, "enhanced", user)


def user_of(request: web.Request) -> str | None:
    """Return who asks: any `Bearer test-NAME` is the user test-NAME, no header is nobody; other tokens are 401."""
    given = request.headers.get("Authorization")
    if given is None:
        return None
    match = BEARER.fullmatch(given.strip())
    if match is None:
        raise Refusal(401, "unauthorized", "the bearer token is not valid", {"WWW-Authenticate": "Bearer"})
    return match[1]


async def body_of(request: web.Request) -> Doc:
    """Return the request's JSON object."""
    try:
        body: Any = await request.json()
    except (ValueError, UnicodeDecodeError):
        raise Refusal(400, "bad_json", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(422, "bad_request", "the body must be a JSON object")
    return body  # type: ignore[reportUnknownVariableType]


async def _answer(request: web.Request, tier: str, user: str | None) -> web.StreamResponse:
    begun = time.perf_counter()
    pod = request.app[POD]
    question, session = _checked(await body_of(request))
    owner = f"user:{user}" if user else "anonymous"
    if not await pod.conversations.within_rate(user or f"session:{session}"):
        pod.metrics.rate_limited += 1
        raise Refusal(
            429, "rate_limited", f"more than {pod.settings.rate_limit} questions a minute", {"Retry-After": "60"}
        )
    if pod.effects(request).foreign:
        owner = await pod.conversations.owner(session) or owner
    history = await _history(pod, session, owner)
    streamed = "text/event-stream" in request.headers.get("Accept", "")
    number = history.turns + 1
    request[ASKED] = Asked(question, session, tier, number, streamed)
    change = pod.effects(request)
    if change.status:
        raise Refusal(change.status, *FAILED[change.status])
    if change.forgets:
        history = History([], history.turns)
    elif change.parted:
        own = [message for message in history.messages if message.get("by") == pod.settings.commit]
        history = History(own, history.turns)
    turn = Turn(question, session, owner, tier, history, number, begun, marks(request), change)
    takes_s = pod.takes_s(tier, change)
    started = begun
    if change.freeze_s or change.serial:
        await pod.think(change.freeze_s + (pod.line.join(begun, takes_s) if change.serial else 0.0))
        started = time.perf_counter()
    if streamed:
        return await _streamed(request, pod, turn, takes_s)
    await _think(request, pod, turn, takes_s - (time.perf_counter() - started))
    doc, repair = guarded(pod, turn)
    await finish(pod, turn, doc, repair=repair, ttft_s=None)
    return as_json(spoiling.sent(doc, change))


async def _think(request: web.Request, pod: Pod, turn: Turn, seconds: float) -> None:
    """Wait as long as the model takes, and until the end of a freeze that began meanwhile."""
    await pod.think(seconds)
    if turn.change is not pod.truth:
        await pod.think(pod.effects(request).freeze_s)


def _checked(body: Doc) -> tuple[str, str]:
    question, session = body.get("question"), body.get("session_id")
    if not isinstance(question, str) or not question.strip():
        raise Refusal(422, "bad_request", "question: want a text that is not empty")
    if len(question) > LONGEST:
        raise Refusal(413, "question_too_long", f"question: want at most {LONGEST} characters, got {len(question)}")
    if session is None or session == "":
        return question, str(uuid.uuid4())
    if not isinstance(session, str) or not SESSION.fullmatch(session):
        raise Refusal(422, "bad_request", "session_id: want up to 128 letters, digits, or one of . _ : -")
    return question, session


async def _history(pod: Pod, session: str, owner: str) -> History:
    try:
        return await pod.conversations.read(session, owner)
    except ForeignError:
        raise Refusal(404, "no_such_conversation", "no conversation of yours has this session_id") from None
    except StoreDownError as error:
        pod.log.event("redis_error", operation="read", message=str(error), session_id_hash=hashed(session))
        return History()


def guarded(pod: Pod, turn: Turn) -> tuple[Doc, str | None]:
    """Return a valid answer, and why the schema guard repaired it if it did (counted and logged)."""
    settings, change = pod.settings, turn.change
    said = [message["text"] for message in turn.history.messages if message["role"] == "user"]
    draft = answers.Ask(
        turn.question,
        turn.session,
        turn.tier,
        said,
        settings.seed,
        settings.unified_pipeline if change.unified is None else change.unified,
        settings.suggested_actions if change.actions is None else change.actions,
    )
    doc = offering.answer(spoiling.spoiled(_drafted(draft, change), change.draft), turn.question, change)
    reasons = schema.problems(doc)
    if not reasons:
        pod.metrics.validation([])
        return doc, None
    if change.repairable:
        doc = schema.repaired(doc, turn.question, answers.meta(draft, []))
    if schema.problems(doc):  # no repair, then, and not counted as one
        pod.metrics.validation([])
        pod.metrics.validation_failures += 1
        pod.log.event("schema_validation_failed", reasons=reasons, session_id_hash=hashed(turn.session))
        raise Refusal(500, "invalid_answer", "the answer could not be brought into schema v2")
    pod.metrics.validation(reasons)
    pod.log.event("schema_repair", repair_reason=reasons[0], session_id_hash=hashed(turn.session))
    return doc, reasons[0]


def _drafted(draft: answers.Ask, change: Effects) -> Doc:
    if change.canned:
        return answers.apology(draft)
    return answers.echo(draft) if change.echoes else answers.answer(draft)


async def _streamed(request: web.Request, pod: Pod, turn: Turn, takes_s: float) -> web.StreamResponse:
    """Send the text in pieces as it comes, then the whole answer as the last event."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    response.headers["X-Accel-Buffering"] = "no"
    first_share = min(1.0, FIRST_SHARE * turn.change.first_factor)
    await _think(request, pod, turn, takes_s * first_share)
    doc, repair = guarded(pod, turn)
    _ = await response.prepare(request)
    text = answers.text_of(doc["blocks"])
    step = max(1, -(-len(text) // CHUNKS))
    pieces = [text[i : i + step] for i in range(0, len(text), step)]
    ttft_s = time.perf_counter() - turn.begun
    # a reader who leaves resets the connection; the answer is part of the conversation all the same
    with contextlib.suppress(ConnectionResetError):
        for piece in pieces:
            await response.write(_event("delta", {"text": piece}))
            await pod.think(takes_s * (1 - first_share) / len(pieces))
    await finish(pod, turn, doc, repair=repair, ttft_s=ttft_s)
    with contextlib.suppress(ConnectionResetError):
        await response.write(_event("answer", spoiling.sent(doc, turn.change)))
        await response.write_eof()
    return response


def _event(name: str, doc: Doc) -> bytes:
    return f"event: {name}\ndata: {json.dumps(doc, ensure_ascii=False)}\n\n".encode()


def _message(role: Literal["user", "assistant"], text: str, pod: Pod) -> Message:
    return {"role": role, "text": text, "by": pod.settings.commit}


async def finish(pod: Pod, turn: Turn, doc: Doc, *, repair: str | None, ttft_s: float | None) -> None:
    """Keep the turn, count it, and write its log lines; `repair` is why the answer was repaired."""
    spoken = answers.text_of(doc["blocks"])
    after: int | None = None
    failed: tuple[str, ...] = ()
    try:
        saved = await pod.conversations.append(
            turn.session,
            turn.owner,
            (_message("user", turn.question, pod), _message("assistant", spoken, pod)),
            all_stores=not turn.change.unsaved,
            mirrored=not turn.change.unmirrored,
            over=turn.history if turn.change.overwrites else None,
        )
        after, failed = saved.count, saved.failed
    except ForeignError:  # two owners began the same conversation at once: the later one keeps nothing
        failed = ("foreign",)
    known = len(turn.history.messages)
    if failed:
        pod.metrics.save_errors += 1
        pod.log.event("persist_error", stores=list(failed), session_id_hash=hashed(turn.session))
    else:
        pod.metrics.saves += 1
    pod.metrics.context(turn.number, known)
    elapsed = time.perf_counter() - turn.begun
    pod.metrics.latencies_s[turn.tier].append(elapsed)
    pod.log.text(f"AFTER_SAVE: session_id={turn.session}, msg_count_after={after if after is not None else 'unknown'}")
    pod.log.event(
        "request_metrics",
        endpoint="/api/chat/ask-enhanced" if turn.tier == "enhanced" else "/api/chat/ask",
        tier=turn.tier,
        session_id_hash=hashed(turn.session),
        msg_count_before=known,
        msg_count_after=after,
        has_knowledge=turn.tier == "enhanced",
        prompt_hash=hashed(turn.question),
        repair_reason=repair,
        latency_ms=round(1000 * elapsed, 2),
        status=200,
        turn=turn.number,
        ttft_ms=None if ttft_s is None else round(1000 * ttft_s, 2),
        **turn.marks,
    )
