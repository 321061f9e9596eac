"""Telling people at once: a decision, or the first violated line of a run, as JSON to addresses that carry tokens.

An address is known from the environment only and stands nowhere else: not in a report, a log, or an exception's text.
Nothing depends on whether a message arrives: `send` returns what failed and never raises.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from harness.report import files, stamp
from harness.report.deciding import decision as deciding
from harness.report.showing import text as texts
from harness.wait import Patience, until

if TYPE_CHECKING:
    import datetime
    from collections.abc import Generator, Mapping, Sequence

    import httpx

    from harness.clock import Clock
    from harness.report.deciding.model import Decision

TIMEOUT_S: Final = 5.0
EVERY_S: Final = 1.0  # between tries
WITHIN_S: Final = 2.9  # three tries where each is answered quickly
LONGEST: Final = 1_000  # characters of a sentence
PASSES: Final = frozenset({408, 425, 429})  # refusals that may pass by themselves
TALKATIVE: Final = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
CALLS: Final = str.maketrans({"<": "\u2039", ">": "\u203a", "@": "\uff20"})  # with what a chat tool calls everybody


class Message(msgspec.Struct, frozen=True):
    """What is sent. `text` is all of it in one line, which chat tools show; `at` is RFC3339 in UTC."""

    event: Literal["decision", "violated"]
    phase: str
    line: str | None
    decision: str | None
    because: str
    run: str | None
    environment: str | None
    target: str | None
    next: str
    page: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of a try: `trouble` is "" where it was taken, `final` where another try would not help."""

    trouble: str = ""
    final: bool = False


def addresses(url_env: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses in the environment variable of that name, separated by blanks; none where it is not set."""
    return tuple(environ.get(url_env, "").split()) if url_env else ()


def of_decision(made: Decision, public: str | None = None) -> Message:
    """Tell a decision; `public` is where the key is that a signed one is checked with."""
    run, because = made.run, _line(deciding.because(made))
    next_step, page = _line(texts.next_step(made, public)), f"{made.folder}/verdict.html"
    title = f"{texts.title(made)}: {made.phase} on {made.environment or 'an unknown environment'}"
    return Message(
        event="decision",
        phase=made.phase,
        line=made.blockers[0].line if made.blockers else None,
        decision=made.decision,
        because=because,
        run=run.run if run else None,
        environment=made.environment,
        target=run.target if run else None,
        next=next_step,
        page=page,
        at=stamp.rfc3339(made.decided_at),
        text=_said(title, because, next_step, page),
    )


def of_violation(
    *,
    line: str,
    says: str,
    because: str,
    phase: str,
    run: str,
    environment: str | None,
    target: str,
    rehearsal: bool,
    next_step: str,
    page: str,
    at: datetime.datetime,
) -> Message:
    """Tell a line that is violated before its phase is decided. `says` is what the line wants, `page` where to look."""
    because, next_step = _line(because), _line(next_step)
    where = f"{phase} on {environment or 'an unknown environment'}{' (REHEARSAL)' if rehearsal else ''}"
    title = f"VIOLATED: {line} in {where}, not decided yet. {_line(says).rstrip('.')}"
    return Message(
        event="violated",
        phase=phase,
        line=line,
        decision=None,
        because=because,
        run=run,
        environment=environment,
        target=target,
        next=next_step,
        page=page,
        at=stamp.rfc3339(at),
        text=_said(title, because, next_step, page),
    )


def send(
    addresses: Sequence[str],
    message: Message,
    *,
    clock: Clock,
    timeout_s: float = TIMEOUT_S,
    transport: httpx.BaseTransport | None = None,
) -> list[str]:
    """Send to each address, three tries at most; return a plain line for each that did not take it. Never raises.

    The lines count the addresses and never name one. A try that times out is the last, since it may have arrived.
    """
    body = files.encode(message)
    failed: list[str] = []
    with _unlogged():
        for number, address in enumerate(addresses, start=1):
            look = partial(_try, address, body, timeout_s, transport)
            waited = until(_settled, look, clock, Patience(within_s=WITHIN_S, every_s=EVERY_S))
            if waited.last.trouble:
                tries = f"{waited.looks} {'try' if waited.looks == 1 else 'tries'}"
                which = f"address {number} of {len(addresses)}"
                failed.append(f"notification: {which} did not take it: {waited.last.trouble} ({tries})")
    return failed


def _settled(tried: _Tried) -> bool:
    return not tried.trouble or tried.final


def _try(address: str, body: bytes, timeout_s: float, transport: httpx.BaseTransport | None) -> _Tried:
    """Send once. No text of an exception is kept: it may quote the address."""
    import httpx  # noqa: PLC0415  some 7 MB, and most decisions are told to nobody

    headers = {"Content-Type": "application/json", "User-Agent": "onesource-verify"}
    try:
        with (
            httpx.Client(transport=transport, timeout=timeout_s, headers=headers, follow_redirects=False) as client,
            client.stream("POST", address, content=body) as answer,  # its status is enough, however long it is
        ):
            status = answer.status_code
    except httpx.TimeoutException:
        return _Tried(f"no answer within {timeout_s:g} s", final=True)
    except httpx.NetworkError as trouble:
        return _Tried(f"no connection ({type(trouble).__name__})")
    except Exception as trouble:  # noqa: BLE001  whatever it is, a message is only a message
        return _Tried(f"it could not be sent ({type(trouble).__name__})", final=True)
    if 200 <= status < 300:
        return _Tried()
    return _Tried(f"HTTP {status}", final=status < 500 and status not in PASSES)


@contextmanager
def _unlogged() -> Generator[None, None, None]:
    """Keep the client from logging what it asks for: the address is the secret."""
    loggers = [logging.getLogger(name) for name in TALKATIVE]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _line(said: str) -> str:
    return texts.cut(" ".join(said.split()), LONGEST)


def _said(title: str, because: str, next_step: str, page: str) -> str:
    """Return the line for a chat; what tests said must not call anybody there."""
    told = f"{title}. {because.rstrip('.')}.".translate(CALLS)
    return f"{told}{f' Next: {next_step}' if next_step else ''} (see {page})"
