"""Which alerts fire, and whether "none" means anything: without a rule that works nothing can fire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.evidence import names
from harness.evidence.sink import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.observe.prometheus.api import Rule
    from harness.observe.prometheus.naming import Naming
    from harness.target import Alerts

LOOKS = "looks"
FIRING = "firing"


def counted(at_s: float, fired: Iterable[Mapping[str, str]], naming: Naming, alerts: Alerts) -> list[Count]:
    """Return one count for each alert and kind that fired, from their labels; those of one name are one."""
    found = sorted({(labels.get("alertname", ""), _kind(labels, naming, alerts)) for labels in fired})
    return [Count(at_s, names.ALERTS, name, None, 1, {kind: 1}) for name, kind in found]


def unheard(rules: Sequence[Rule]) -> str:
    """Return why a server that shows no alert has said nothing, "" if its rules are sound."""
    if not rules:
        return "the server has no alerting rule, so that no alert fires says nothing"
    bad = sorted({rule.name for rule in rules if rule.health != "ok"})
    return f"alerting rules that were not evaluated well: {', '.join(bad)}" if bad else ""


def _kind(labels: Mapping[str, str], naming: Naming, alerts: Alerts) -> str:
    """Return warning or page; the severity decides, where there is none the profile's list of warnings."""
    severity = labels.get(naming.severity, "").strip().lower()
    mild = severity in naming.warnings if severity else labels.get("alertname") in alerts.warnings
    return "warning" if mild else "page"
