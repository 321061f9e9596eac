"""Label and field selectors, as query parameters spell them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.kube.reading import is_object, part, rows
from sandbox.kube.status import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.kube.store import Obj

_TOKEN = re.compile(r"\s*(==|!=|=|!|,|\(|\)|<|>|[^\s=!,()<>]+)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one key; `op` is in, notin, exists or absent."""

    key: str
    op: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels satisfy it; notin also holds where the key is missing."""
        if self.op == "exists":
            return self.key in labels
        if self.op == "absent":
            return self.key not in labels
        if self.op == "in":
            return self.key in labels and labels[self.key] in self.values
        return self.key not in labels or labels[self.key] not in self.values


class _Tokens:
    def __init__(self, text: str) -> None:
        self.left = _TOKEN.findall(text)

    def peek(self) -> str:
        return self.left[0] if self.left else ""

    def take(self) -> str:
        return self.left.pop(0) if self.left else ""

    def identifier(self) -> str:
        token = self.take()
        if not token or token in {"==", "!=", "=", "!", ",", "(", ")", "<", ">"}:
            raise bad_request(f"unable to parse requirement: found '{token}', expected: identifier")
        return token


def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Parse a labelSelector; 400 where Kubernetes says 400."""
    tokens = _Tokens(text)
    found: list[Requirement] = []
    while tokens.peek():
        found.append(_requirement(tokens))
        if tokens.peek() and tokens.take() != ",":
            raise bad_request(f"unable to parse requirement: found '{text}', expected: ',' or 'end of string'")
    return tuple(found)


def _requirement(tokens: _Tokens) -> Requirement:
    if tokens.peek() == "!":
        _ = tokens.take()
        return Requirement(tokens.identifier(), "absent")
    key = tokens.identifier()
    if tokens.peek() in {"", ","}:
        return Requirement(key, "exists")
    op = tokens.take()
    if op in {"=", "==", "!="}:
        value = "" if tokens.peek() in {"", ","} else tokens.identifier()
        return Requirement(key, "notin" if op == "!=" else "in", frozenset({value}))
    if op in {"in", "notin"}:
        return Requirement(key, op, frozenset(_values(tokens)))
    raise bad_request(f"unable to parse requirement: found '{op}', expected: in, notin, =, ==, !=, gt, lt")


def _values(tokens: _Tokens) -> Iterable[str]:
    opening = tokens.take()
    if opening != "(":
        raise bad_request(f"unable to parse requirement: found '{opening}' expected: '('")
    values: list[str] = []
    while tokens.peek() not in {")", ""}:
        word = tokens.take()
        if word != ",":
            values.append(word)
    _ = tokens.take()
    return values


def of_selector(selector: Obj | None) -> tuple[Requirement, ...]:
    """Return the requirements of an object's LabelSelector (matchLabels, matchExpressions)."""
    if not selector:
        return ()
    found = [Requirement(k, "in", frozenset({v})) for k, v in selector.get("matchLabels", {}).items()]
    names = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}
    found += [
        Requirement(row["key"], names[row["operator"]], frozenset(row.get("values") or ()))
        for row in rows(selector, "matchExpressions")
    ]
    return tuple(found)


def spell(selector: Obj | None) -> str:
    """Write a LabelSelector as one string, keys in order: "app=x,track in (a,b)"."""
    words: list[str] = []
    for row in sorted(of_selector(selector), key=lambda row: row.key):
        many = ",".join(sorted(row.values))
        if row.op == "in" and len(row.values) == 1:
            words.append(f"{row.key}={many}")
        elif row.op in {"in", "notin"}:
            words.append(f"{row.key} {row.op} ({many})")
        else:
            words.append(("!" if row.op == "absent" else "") + row.key)
    return ",".join(words)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list or watch asks for; an empty one is everything."""

    namespace: str = ""
    labels: tuple[Requirement, ...] = ()
    fields: tuple[tuple[str, str, bool], ...] = ()

    def holds(self, obj: Obj) -> bool:
        """Tell whether an object is in the selection."""
        meta = obj["metadata"]
        if self.namespace and meta.get("namespace", "") != self.namespace:
            return False
        if self.fields and any((read(obj, path) == value) is not want for path, value, want in self.fields):
            return False
        if not self.labels:
            return True
        labels: Mapping[str, str] = part(meta, "labels")
        return all(requirement.holds(labels) for requirement in self.labels)


def parse_fields(text: str, allowed: Iterable[str]) -> tuple[tuple[str, str, bool], ...]:
    """Parse a fieldSelector into (path, value, equal?); 400 for a field that can't be selected by."""
    known = {"metadata.name", "metadata.namespace", *allowed}
    found: list[tuple[str, str, bool]] = []
    for term in filter(None, text.split(",")):
        match = re.fullmatch(r"([^=!]+)(==|!=|=)(.*)", term)
        if not match:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        path, op, value = match.groups()
        if path not in known:
            raise bad_request(f"field label not supported: {path}")
        found.append((path, value, op != "!="))
    return tuple(found)


def read(obj: Obj, path: str) -> str:
    """Return the text of a field by dotted path, empty when it is missing."""
    value: Any = obj
    for name in path.split("."):
        value = value.get(name) if is_object(value) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_object(value):  # an event's source
        return str(value.get("component", ""))
    return "" if value is None else str(value)
