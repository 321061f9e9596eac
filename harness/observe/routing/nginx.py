"""Canary by ingress-nginx annotations: two Ingresses, read into a Route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.judge.route import Leg, Path, Route, Rule
from harness.observe.snapshot import Ingress, IngressClass, decode, live_addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.observe.snapshot import ClusterSnapshot, IngressBackend
    from harness.target import NginxRouting

_LEGACY_CLASS = "kubernetes.io/ingress.class"
_RULES = (
    "canary-weight",
    "canary-by-header",
    "canary-by-header-value",
    "canary-by-header-pattern",
    "canary-by-cookie",
)


def read(settings: NginxRouting, snapshot: ClusterSnapshot) -> Route:
    """Return how the two named Ingresses split traffic, with everything a judge of the wiring needs."""
    ingresses, bad = decode(snapshot.part("ingresses"), Ingress)
    classes, bad_classes = decode(snapshot.part("ingressclasses"), IngressClass)
    by_name = {ingress.metadata.name: ingress for ingress in ingresses}
    served = {c.metadata.name for c in classes if c.spec.controller in settings.classes}
    primary, canary = by_name.get(settings.primary), by_name.get(settings.canary)
    rules = _Annotations(canary, settings.annotation_prefix)
    percent, total, trouble = _weight(rules)
    return Route(
        kind="nginx-ingress",
        context=snapshot.context,
        namespace=snapshot.namespace,
        prefix=settings.annotation_prefix,
        primary_name=settings.primary,
        canary_name=settings.canary,
        primary=_leg(primary, settings, snapshot, served),
        canary=_leg(canary, settings, snapshot, served),
        weight_percent=percent,
        weight_raw=rules.raw("canary-weight"),
        weight_total=total,
        weight_trouble=trouble,
        header=_header(rules),
        cookie=Rule(cookie) if (cookie := rules.text("canary-by-cookie")) else None,
        affinity=_Annotations(primary, settings.annotation_prefix).text("affinity") == "cookie",
        rivals=_rivals(primary, ingresses, settings, served),
        unreadable=(
            *snapshot.trouble("ingresses", "ingressclasses", "services", "endpointslices"),
            *bad,
            *bad_classes,
        ),
    )


class _Annotations:
    """An Ingress's annotations without their prefix."""

    def __init__(self, ingress: Ingress | None, prefix: str) -> None:
        found = (ingress.metadata.annotations or {}) if ingress else {}
        self._values = {key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)}

    def text(self, key: str) -> str:
        """Return a value that counts: a string."""
        value = self._values.get(key)
        return value if isinstance(value, str) else ""

    def raw(self, key: str) -> str | None:
        """Return what stands there, whatever it is."""
        return str(self._values[key]) if key in self._values else None

    def enabled(self) -> bool:
        """Tell whether the mark is one that the controller reads as true."""
        return self.text("canary") in {"true", "1", "t", "T", "TRUE", "True"}

    def leftover(self) -> tuple[str, ...]:
        """Return the rules that stand there; a weight of 0 is none."""
        return tuple(key for key in _RULES if self.raw(key) not in {None, "", "0"})


def _leg(ingress: Ingress | None, settings: NginxRouting, snapshot: ClusterSnapshot, served: set[str]) -> Leg | None:
    if ingress is None:
        return None
    own = _Annotations(ingress, settings.annotation_prefix)
    paths = _paths(ingress)
    class_name = ingress.spec.ingress_class_name or _legacy_class(ingress)
    unreadable = bool(snapshot.trouble("ingressclasses"))
    return Leg(
        name=ingress.metadata.name,
        paths=paths,
        marked_canary=own.enabled(),
        marked=own.raw("canary"),
        leftover=() if own.enabled() else own.leftover(),
        not_strings=tuple(k for k, v in (ingress.metadata.annotations or {}).items() if not isinstance(v, str)),
        class_name=class_name,
        class_trouble="" if unreadable and class_name else _class_trouble(class_name, served, settings),
        live={path.service: live_addresses(snapshot, path.service) for path in paths},
    )


def _legacy_class(ingress: Ingress) -> str | None:
    value = (ingress.metadata.annotations or {}).get(_LEGACY_CLASS)
    return value if isinstance(value, str) else None


def _class_trouble(class_name: str | None, served: set[str], settings: NginxRouting) -> str:
    if class_name is None:
        return "it names no ingress class"
    if class_name not in served:
        return f"its class {class_name!r} belongs to none of {', '.join(settings.classes)}"
    return ""


def _paths(ingress: Ingress) -> tuple[Path, ...]:
    found = [
        Path(rule.host, path.path, path.path_type, _service(path.backend))
        for rule in ingress.spec.rules or ()
        for path in (rule.http.paths if rule.http else ())
    ]
    if ingress.spec.default_backend is not None:
        found.append(Path("", "", "default", _service(ingress.spec.default_backend)))
    return tuple(found)


def _service(backend: IngressBackend) -> str:
    return backend.service.name if backend.service else ""


def _weight(rules: _Annotations) -> tuple[float | None, int, str]:
    """Return percent, total and trouble; a total of 100 or less is ignored, as the controller does."""
    raw, raw_total = rules.raw("canary-weight"), rules.raw("canary-weight-total")
    total = 100
    if raw_total is not None:
        if re.fullmatch(r"[+-]?\d+", rules.text("canary-weight-total")) is None:
            return None, total, f"canary-weight-total is {raw_total!r}, wanted a whole number as a string"
        total = max(100, int(raw_total))
    if raw is None:
        return None, total, ""
    if re.fullmatch(r"[+-]?\d+", rules.text("canary-weight")) is None:
        return None, total, f"canary-weight is {raw!r}, wanted a whole number as a string"
    return min(100.0, max(0.0, 100 * int(raw) / total)), total, ""


def _header(rules: _Annotations) -> Rule | None:
    name = rules.text("canary-by-header")
    if not name:
        return None
    return Rule(name, rules.text("canary-by-header-value"), rules.text("canary-by-header-pattern"))


def _rivals(
    primary: Ingress | None, ingresses: Sequence[Ingress], settings: NginxRouting, served: set[str]
) -> tuple[str, ...]:
    """Return other Ingresses, served by these controllers, that claim an address of the primary."""
    if primary is None:
        return ()
    ours = {path.address for path in _paths(primary)}
    others: Iterable[Ingress] = (i for i in ingresses if i.metadata.name not in {settings.primary, settings.canary})
    return tuple(
        other.metadata.name
        for other in others
        if (other.spec.ingress_class_name or _legacy_class(other)) in served
        and ours & {path.address for path in _paths(other)}
    )
