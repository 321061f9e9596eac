"""Find the path that tells the version: real deployments drift, and some servers answer 200 to anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from harness.observe.asks import MANNERS, TIMEOUT, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.observe.arms import Teller


@dataclass(frozen=True, slots=True)
class VersionPath:
    """The path to ask and, by candidate, what each answered; `matched` is false if none had the right shape."""

    path: str
    matched: bool
    tried: Mapping[str, str]
    silent: bool  # every candidate timed out


async def find(base: str, candidates: Sequence[str], teller: Teller, timeout_s: float) -> VersionPath:
    """Ask all candidates once, side by side; the first that answers JSON naming a version is the one.

    Where none does, the first that answers any JSON with status 200, else the first: the asks then show why.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(headers=MANNERS, timeout=timeout) as session:
        said = await asyncio.gather(*(_try(session, base + path, teller) for path in candidates))
    tried = dict(zip(candidates, said, strict=True))
    right = [path for path, what in tried.items() if what == _RIGHT]
    fair = [path for path, what in tried.items() if what == _JSON]
    path = (*right, *fair, *candidates, "/")[0]
    return VersionPath(path, bool(right), tried, all(what == TIMEOUT for what in said) and bool(said))


_RIGHT, _JSON = "names a version", "JSON without a version"


async def _try(session: aiohttp.ClientSession, url: str, teller: Teller) -> str:
    try:
        async with session.get(url, allow_redirects=False) as answer:
            body = await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as trouble:
        return kind_of(trouble)
    if answer.status != 200:
        return f"HTTP {answer.status}"
    if "json" not in answer.content_type:
        return f"HTTP 200 {answer.content_type}, wanted JSON"
    return _RIGHT if teller.body(body, answer.content_type) else _JSON
