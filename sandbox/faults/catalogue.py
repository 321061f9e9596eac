"""The faults as data: what each does, its primary line, and exactly which lines leave MET.

A fault is made where it would arise: in the cluster's objects, in what the ingress controller sees of
them (the data plane), in the product's process, on the node, or around the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Where = Literal["objects", "data plane", "product", "node", "cluster"]
Expected = tuple[Literal["VIOLATED", "UNKNOWN"], str]  # outcome, reason (empty unless UNKNOWN)

V: Expected = ("VIOLATED", "")
NO_DATA: Expected = ("UNKNOWN", "NO_DATA")


@dataclass(frozen=True, slots=True)
class Fault:
    """One switch. `implied` are the lines that follow from the same evidence; every other line stays MET."""

    name: str
    does: str
    where: Where
    primary: str
    expected: Expected = V
    implied: Mapping[str, Expected] = field(default_factory=dict[str, Expected])
    phase: str = "canary"

    @property
    def expects(self) -> dict[str, Expected]:
        """Return every line that must leave MET, with its outcome."""
        return {self.primary: self.expected, **self.implied}

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `python -m sandbox faults --json` prints."""
        return {
            "name": self.name,
            "does": self.does,
            "where": self.where,
            "phase": self.phase,
            "primary": self.primary,
            "implied_by": sorted(self.implied),
            "outcome": self.expected[0],
            "reason": self.expected[1] or None,
            "expects": {line: {"outcome": o, "reason": r or None} for line, (o, r) in sorted(self.expects.items())},
        }


def _no_pin(*lines: str) -> dict[str, Expected]:
    """No pin reaches its arm, so no pinned conversation exists to be watched."""
    return {**dict.fromkeys(lines, V), "P2-RTE-05": NO_DATA}


_NO_ANSWERS: dict[str, Expected] = dict.fromkeys(("P2-RTE-03", "P2-RTE-04", "P2-RTE-05", "P2-RTE-06"), NO_DATA)

ROUTING = (
    Fault(
        "primary-annotated",
        "the canary annotations sit on the only Ingress of the host: every user gets 404",
        "objects",
        "P2-RTE-01",
        implied={"P2-RTE-02": NO_DATA, **_NO_ANSWERS},
    ),
    Fault(
        "weight-5",
        "the canary's configured weight is 5, below the 10 to 20 asked for",
        "objects",
        "P2-RTE-01",
    ),
    Fault(
        "weight-35",
        "the canary's configured weight is 35, above the 10 to 20 asked for",
        "objects",
        "P2-RTE-01",
    ),
    Fault(
        "class-missing",
        "the canary Ingress names no class, so no controller serves it",
        "objects",
        "P2-RTE-01",
        implied={**_no_pin("P2-RTE-02", "P2-RTE-03", "P2-RTE-04"), "P2-RTE-06": NO_DATA},
    ),
    Fault(
        "weight-number-refused",
        "the weight was sent as a number, the API refused it, and the canary Ingress has none",
        "objects",
        "P2-RTE-01",
        implied={"P2-RTE-02": NO_DATA},
    ),
    Fault(
        "split-0",
        "the ingress controller sends 0% to the canary, whatever is configured",
        "data plane",
        "P2-RTE-02",
    ),
    Fault(
        "split-5",
        "the ingress controller sends 5% to the canary, whatever is configured",
        "data plane",
        "P2-RTE-02",
    ),
    Fault(
        "split-50",
        "the ingress controller sends 50% to the canary, whatever is configured",
        "data plane",
        "P2-RTE-02",
    ),
    Fault(
        "header-ignored",
        "the ingress controller does not know the routing header",
        "data plane",
        "P2-RTE-03",
        implied=_no_pin(),
    ),
    Fault(
        "cookie-rule-missing",
        "the canary Ingress has no cookie rule, so test users get whatever the weight draws",
        "objects",
        "P2-RTE-04",
        implied=_no_pin(),
    ),
    Fault(
        "cookie-leaks",
        "users whose cookie opts out of the canary are answered by it all the same",
        "product",
        "P2-RTE-04",
        implied=_no_pin(),
    ),
    Fault("flipping", "a pinned conversation is answered by both versions in turn", "product", "P2-RTE-05"),
    Fault(
        "canary-old-build",
        "the canary Deployment runs the stable build",
        "objects",
        "P2-RTE-06",
        implied=_no_pin("P2-RTE-02", "P2-RTE-03", "P2-RTE-04"),
    ),
    Fault(
        "stable-new-build",
        "the stable Deployment already runs the candidate",
        "objects",
        "P2-RTE-06",
        implied=_no_pin("P2-RTE-02", "P2-RTE-03", "P2-RTE-04"),
    ),
    Fault("one-pod-other-digest", "one of the canary's pods runs a third digest", "node", "P2-RTE-06"),
    Fault(
        "version-stripped",
        "answers do not say which version gave them",
        "product",
        "P2-RTE-02",
        NO_DATA,
        implied=_NO_ANSWERS,
    ),
    Fault(
        "target-down",
        "nothing listens at the ingress's address",
        "cluster",
        "P2-RTE-02",
        NO_DATA,
        implied=_NO_ANSWERS,
    ),
    Fault("wrong-cluster", "the production context leads to a cluster with another uid", "cluster", "EN-02"),
    Fault(
        "wrong-staging-cluster",
        "the staging context leads to a cluster with another uid",
        "cluster",
        "EN-01",
        phase="staging",
    ),
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in ROUTING}
