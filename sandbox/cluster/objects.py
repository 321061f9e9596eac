"""Small readings of Kubernetes objects that several controllers need."""

from __future__ import annotations

import datetime
import math
import secrets
from typing import TYPE_CHECKING

from sandbox.kube.reading import part, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.kube.store import Obj

SAFE = "bcdfghjklmnpqrstvwxz2456789"  # no vowels and no look-alikes: names stay clean and readable


def key_of(obj: Obj) -> tuple[str, str]:
    """Return namespace ("" if none) and name."""
    meta = obj["metadata"]
    return meta.get("namespace", ""), meta["name"]


def suffix(length: int = 5) -> str:
    """Return random letters as Kubernetes appends them to a generateName."""
    return "".join(secrets.choice(SAFE) for _ in range(length))


def safe_encode(text: str) -> str:
    """Map each character to Kubernetes' safe alphabet (apimachinery util/rand SafeEncodeString)."""
    return "".join(SAFE[ord(char) % len(SAFE)] for char in text)


def parse_time(text: str | None) -> datetime.datetime | None:
    """Read an RFC 3339 time; None stays None."""
    return datetime.datetime.fromisoformat(text) if text else None


def labels_of(obj: Obj) -> dict[str, str]:
    """Return an object's (or pod template's) labels: to read, not to change."""
    return part(obj, "metadata", "labels")


def annotations_of(obj: Obj) -> dict[str, str]:
    """Return an object's annotations: to read, not to change."""
    return part(obj, "metadata", "annotations")


def controller_of(obj: Obj) -> Obj | None:
    """Return the owner reference that controls this object, if one does."""
    return next((owner for owner in rows(obj, "metadata", "ownerReferences") if owner.get("controller")), None)


def owned_by(obj: Obj, owner: Obj) -> bool:
    """Tell whether `owner` controls the object."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def owner_reference(owner: Obj, api_version: str, kind: str) -> Obj:
    """Return the reference that makes `owner` an object's controller."""
    meta = owner["metadata"]
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _expression_holds(rule: Obj, labels: Mapping[str, str]) -> bool:
    key, operator = rule["key"], rule["operator"]
    values: list[str] = rule.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) == (operator == "Exists")


def selects(selector: Obj, labels: Mapping[str, str]) -> bool:
    """Tell whether a LabelSelector (matchLabels, matchExpressions) selects these labels."""
    wanted: dict[str, str] = part(selector, "matchLabels")
    return wanted.items() <= labels.items() and all(
        _expression_holds(rule, labels) for rule in rows(selector, "matchExpressions")
    )


def condition_of(status: Obj, kind: str) -> Obj | None:
    """Return the condition of a type, or None."""
    return next((condition for condition in rows(status, "conditions") if condition["type"] == kind), None)


def is_true(obj: Obj, kind: str) -> bool:
    """Tell whether a condition is True; an absent one is not."""
    condition = condition_of(part(obj, "status"), kind)
    return condition is not None and condition["status"] == "True"


def scaled(value: int | str | None, total: int, *, up: bool) -> int:
    """Return an int-or-percent of `total`, rounded as told (apimachinery GetScaledValueFromIntOrPercent)."""
    if isinstance(value, str):
        if not value.endswith("%"):
            raise ValueError(f"wanted an integer or a percentage, got {value!r}")
        share = total * int(value[:-1])
        return math.ceil(share / 100) if up else share // 100
    return int(value or 0)


def active(pod: Obj) -> bool:
    """Tell whether a pod still counts: neither finished nor being deleted."""
    return part(pod, "status").get("phase") not in {"Succeeded", "Failed"} and not deleting(pod)


def deleting(obj: Obj) -> bool:
    """Tell whether deletion has begun."""
    return "deletionTimestamp" in obj["metadata"]
