"""What is configured about a canary's routing, in the words that every kind of routing shares.

The readers in harness/observe/routing fill it from API objects; harness/judge/wiring judges it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.verdict import Fact

Kind: TypeAlias = Literal["nginx-ingress", "gateway-api", "url-pair", "none"]


@dataclass(frozen=True, slots=True)
class Path:
    """One address of the product and the Service behind it."""

    host: str
    path: str
    match: str  # pathType: Exact, Prefix, ...
    service: str

    @property
    def address(self) -> tuple[str, str, str]:
        """What two routes must share for a request to have a choice."""
        return (self.host, self.path, self.match)

    def __str__(self) -> str:
        """Read as in a browser's bar."""
        return f"{self.host or '*'}{self.path or '/'}"


@dataclass(frozen=True, slots=True)
class Leg:
    """One arm's way in: an Ingress, or the part of an HTTPRoute that leads to one Service.

    `leftover` names canary rules that stand on it although it is not marked as a canary; `not_strings` the
    annotations whose value is no string; `class_trouble` says why no controller serves it ("" if one does);
    `live` counts ready addresses by Service, None where they could not be read.
    """

    name: str
    paths: tuple[Path, ...] = ()
    marked_canary: bool = False
    marked: str | None = None  # the mark's raw value
    leftover: tuple[str, ...] = ()
    not_strings: tuple[str, ...] = ()
    class_name: str | None = None
    class_trouble: str = ""
    live: Mapping[str, int | None] = field(default_factory=dict[str, "int | None"])

    @property
    def services(self) -> tuple[str, ...]:
        """The Services it leads to, each once."""
        return tuple(dict.fromkeys(path.service for path in self.paths))


@dataclass(frozen=True, slots=True)
class Rule:
    """A routing rule for test users: a header with a value or a pattern (both empty: always/never)."""

    name: str
    value: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """How traffic is configured to split; nothing of it is believed before answers show it.

    `weight_percent` is the canary's share in percent, None where none is configured or readable;
    `weight_raw` is what stands there; `weight_trouble` says what is wrong with it. `primary_name` and
    `canary_name` are what the profile expects; a leg of None was looked for and is not there.
    `rivals` are other routes of the namespace that claim the same address. `unreadable` lists what could not
    be read, each with its reason: where it is not empty, the rest proves nothing good.
    """

    kind: Kind
    context: str = ""
    namespace: str = ""
    prefix: str = ""
    primary_name: str = ""
    canary_name: str = ""
    primary: Leg | None = None
    canary: Leg | None = None
    weight_percent: float | None = None
    weight_raw: str | None = None
    weight_total: int = 100
    weight_trouble: str = ""
    header: Rule | None = None
    cookie: Rule | None = None
    affinity: bool = False
    rivals: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """The canary's configured share, 0..1."""
        return None if self.weight_percent is None else self.weight_percent / 100

    def facts(self) -> dict[str, Fact]:
        """Return what is configured, for a verdict."""
        return {
            "kind": self.kind,
            "context": self.context,
            "namespace": self.namespace,
            "primary": _leg(self.primary),
            "canary": _leg(self.canary),
            "weight_percent": self.weight_percent,
            "weight_raw": self.weight_raw,
            "header": _rule(self.header),
            "cookie": _rule(self.cookie),
            "affinity": self.affinity,
            "rivals": list(self.rivals),
            "unreadable": list(self.unreadable),
        }


def _rule(rule: Rule | None) -> Fact:
    return None if rule is None else {"name": rule.name, "value": rule.value, "pattern": rule.pattern}


def _leg(leg: Leg | None) -> Fact:
    if leg is None:
        return None
    return {
        "name": leg.name,
        "class": leg.class_name,
        "paths": [f"{path} -> {path.service}" for path in leg.paths],
        "live": dict(leg.live),
    }
