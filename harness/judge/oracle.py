"""Where ingress-nginx's canary annotations send a request: the rules as one pure function.

Facts from kubernetes/ingress-nginx v1.15.1 (rootfs/etc/nginx/lua/balancer.lua, internal/ingress/controller and
internal/ingress/annotations/canary). Annotation names are given without their prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Affinity: TypeAlias = Literal["", "primary", "canary"]


@dataclass(frozen=True, slots=True)
class Split:
    """Drawn anew for each request: `weight` of `total` go to the canary."""

    weight: int
    total: int = 100


Decision: TypeAlias = "Literal['main', 'canary', '404'] | Split"


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request can matter. `affinity`: which arm its session cookie belongs to, "" without one."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    affinity: Affinity = ""


def decide(primary: Mapping[str, str] | None, canary: Mapping[str, str] | None, request: Request) -> Decision:
    """Return where a request goes, given both Ingresses' annotations (None: there is no such Ingress).

    An Ingress marked as a canary is never a primary: without another one for its host and path nothing is
    served. A session that belongs to an arm stays there, whatever the other rules say, unless the canary asks
    for the legacy behaviour; then header, cookie and weight, in this order.
    """
    if primary is None or _enabled(primary):
        return "404"
    if canary is None or not _enabled(canary):
        return "main"
    if _sticky(primary, canary) and request.affinity:
        return "main" if request.affinity == "primary" else "canary"
    by_rule = _by_header(canary, request) or _by_cookie(canary, request)
    return by_rule or _by_weight(canary)


def _enabled(annotations: Mapping[str, str]) -> bool:
    return annotations.get("canary") in {"true", "1", "t", "T", "TRUE", "True"}  # Go's strconv.ParseBool


def _sticky(primary: Mapping[str, str], canary: Mapping[str, str]) -> bool:
    return primary.get("affinity") == "cookie" and canary.get("affinity-canary-behavior", "sticky") != "legacy"


def _by_header(canary: Mapping[str, str], request: Request) -> Literal["main", "canary"] | None:
    """A set value is the only one that counts; a pattern counts only without one; else always and never."""
    sent = _header(request, canary.get("canary-by-header", ""))
    if sent is None:
        return None
    value, pattern = canary.get("canary-by-header-value", ""), canary.get("canary-by-header-pattern", "")
    if value:
        return "canary" if sent == value else None
    if pattern:
        return _by_pattern(pattern, sent)
    return _always_or_never(sent)


def _header(request: Request, name: str) -> str | None:
    """Header names know no case."""
    wanted = name.lower()
    return next((v for n, v in request.headers.items() if wanted and n.lower() == wanted), None)


def _by_pattern(pattern: str, sent: str) -> Literal["main", "canary"] | None:
    """A pattern that is no regular expression ends the decision at main: the cookie is not looked at."""
    try:
        return "canary" if re.search(pattern, sent) else None
    except re.error:
        return "main"


def _by_cookie(canary: Mapping[str, str], request: Request) -> Literal["main", "canary"] | None:
    name = canary.get("canary-by-cookie", "")
    return _always_or_never(request.cookies.get(name, "")) if name else None


def _always_or_never(said: str) -> Literal["main", "canary"] | None:
    return {"always": "canary", "never": "main"}.get(said)  # pyright: ignore[reportReturnType]


def _by_weight(canary: Mapping[str, str]) -> Decision:
    """A total of 100 or less is ignored; weights at or beyond the ends leave nothing to chance."""
    total = max(100, _integer(canary.get("canary-weight-total", "")))
    weight = _integer(canary.get("canary-weight", ""))
    if weight <= 0:
        return "main"
    return "canary" if weight >= total else Split(weight, total)


def _integer(text: str) -> int:
    """Return the number, or 0 where the controller finds none."""
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else 0
