"""What the series and labels of a Prometheus server are called, and the expressions made of them."""

from __future__ import annotations

import msgspec


class Naming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of metrics and labels; `limits_s` are those whose exceedances are counted from the buckets.

    `instance`: the labels that a target's own `up` carries, too; together they tell targets apart. A value of `pod`
    that changes under them is another process. An alert whose severity is among `warnings` pages nobody.
    """

    requests: str = "http_requests_total"
    seconds: str = "http_request_duration_seconds_bucket"
    saved: str = "history_persist_success_total"
    unsaved: str = "history_persist_errors_total"
    validated: str = "schema_responses_validated_total"
    repaired: str = "schema_repairs_total"
    started: str = "process_start_time_seconds"
    up: str = "up"
    alerts: str = "ALERTS"
    path: str = "path"
    version: str = "version"
    status: str = "status"
    edge: str = "le"
    instance: tuple[str, ...] = ("job", "instance")
    pod: str = "pod"
    severity: str = "severity"
    limits_s: tuple[float, ...] = (1.5, 1.6)
    warnings: tuple[str, ...] = ("warn", "warning", "info")

    @property
    def counters(self) -> tuple[str, ...]:
        """The metrics that are counted."""
        return (self.requests, self.seconds, self.saved, self.unsaved, self.validated, self.repaired)

    @property
    def read(self) -> tuple[str, ...]:
        """All metrics that are read of a target."""
        return (*self.counters, self.started, self.up)


def picked(names: tuple[str, ...], selector: str) -> str:
    """Return the expression for series of these metrics that the profile's selector picks."""
    of = f'__name__="{names[0]}"' if len(names) == 1 else f'__name__=~"{"|".join(names)}"'
    return "{" + ",".join(part for part in (of, selector.strip().strip(",")) if part) + "}"


def firing(naming: Naming, within_s: float) -> str:
    """Return the expression for alerts that fired at any evaluation of the last so many seconds."""
    return f'last_over_time({naming.alerts}{{alertstate="firing"}}[{milliseconds(within_s)}])'


def milliseconds(seconds: float) -> str:
    """Return a duration as PromQL has it: whole milliseconds, which every version understands."""
    return f"{max(1, round(seconds * 1000))}ms"
