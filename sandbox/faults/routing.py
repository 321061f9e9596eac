"""Faults of routing and identity."""

from __future__ import annotations

from sandbox.faults.fault import NO_DATA, TOO_FEW, Expected, Fault, V


def _no_pin(*lines: str) -> dict[str, Expected]:
    """No pin reaches its arm, so no pinned conversation exists to be watched."""
    return {**dict.fromkeys(lines, V), "P2-RTE-05": NO_DATA}


_BY_ASKS = ("P2-SLO-01", "P2-SLO-02", "P2-SLO-03", "P2-SLO-04", "P2-MON-01", "P2-MON-02", "P2-PASS-03", "P2-PASS-04")
_BY_PODS = ("P2-SLO-05", "P2-SLO-06")
_BY_USERS = ("P2-PASS-01", "P2-PASS-02", "P2-PASS-04")


def _nobody(*lines: str) -> dict[str, Expected]:
    """Whatever these lines count, there is none of it."""
    return dict.fromkeys(lines, NO_DATA)


_NO_CANARY = _nobody(*_BY_ASKS, *_BY_PODS, *_BY_USERS)  # an arm that nobody reaches has no figures of its own
_NOTHING = {**_NO_CANARY, **_nobody("BY-01", "BY-02")}

# our own traffic can't be pinned: the canary gets the tenth that everybody gives it
_FEW: dict[str, Expected] = dict.fromkeys(("P2-SLO-04", "P2-SLO-05", "P2-PASS-04"), TOO_FEW)
_NO_ANSWERS: dict[str, Expected] = dict.fromkeys(("P2-RTE-03", "P2-RTE-04", "P2-RTE-05", "P2-RTE-06"), NO_DATA)

ROUTING = (
    Fault(
        "primary-annotated",
        "the canary annotations sit on the only Ingress of the host: every user gets 404",
        "objects",
        "P2-RTE-01",
        implied={"P2-RTE-02": NO_DATA, **_NO_ANSWERS, **_NOTHING},
    ),
    Fault(
        "weight-5",
        "the canary's configured weight is 5, below the 10 to 20 asked for",
        "objects",
        "P2-RTE-01",
        undecided=("P2-PASS-01", "P2-PASS-02", "P2-PASS-04"),  # half the sessions of a canary
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
        implied={**_no_pin("P2-RTE-02", "P2-RTE-03", "P2-RTE-04"), "P2-RTE-06": NO_DATA, **_NO_CANARY},
    ),
    Fault(
        "weight-number-refused",
        "the weight was sent as a number, the API refused it, and the canary Ingress has none",
        "objects",
        "P2-RTE-01",
        implied={"P2-RTE-02": NO_DATA, **_nobody(*_BY_USERS)},
    ),
    Fault(
        "split-0",
        "the ingress controller sends 0% to the canary, whatever is configured",
        "data plane",
        "P2-RTE-02",
        implied=_nobody(*_BY_USERS),
    ),
    Fault(
        "split-5",
        "the ingress controller sends 5% to the canary, whatever is configured",
        "data plane",
        "P2-RTE-02",
        undecided=("P2-PASS-01", "P2-PASS-02", "P2-PASS-04"),  # half the sessions of a canary
    ),
    Fault(
        "split-50",
        "the ingress controller sends 50% to the canary, whatever is configured",
        "data plane",
        "P2-RTE-02",
        undecided=("P2-PASS-03", "P2-PASS-04"),  # two of five pods bear half of the traffic, and it shows a little
    ),
    Fault(
        "header-ignored",
        "the ingress controller does not know the routing header",
        "data plane",
        "P2-RTE-03",
        implied={**_no_pin(), **_FEW},
        undecided=("P2-SLO-03", "P2-MON-01", "P2-MON-02", "P2-PASS-03"),
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
        implied={**_no_pin("P2-RTE-02", "P2-RTE-03", "P2-RTE-04"), **_NO_CANARY},
    ),
    Fault(
        "stable-new-build",
        "the stable Deployment already runs the candidate",
        "objects",
        "P2-RTE-06",
        implied={
            **_no_pin("P2-RTE-02", "P2-RTE-03", "P2-RTE-04"),
            **_nobody("P2-MON-01", "P2-MON-02", "P2-PASS-03", *_BY_USERS),  # there is nothing to compare with
        },
    ),
    Fault("one-pod-other-digest", "one of the canary's pods runs a third digest", "node", "P2-RTE-06"),
    Fault(
        "version-stripped",
        "answers do not say which version gave them",
        "product",
        "P2-RTE-02",
        NO_DATA,
        implied={**_NO_ANSWERS, **_nobody(*_BY_ASKS)},  # logs and documents still tell
    ),
    Fault(
        "target-down",
        "nothing listens at the ingress's address",
        "cluster",
        "P2-RTE-02",
        NO_DATA,
        implied={**_NO_ANSWERS, **_NOTHING},
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
