"""Faults that whoever acts must find: flags, drills, the full rollout and what its checklist reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.fault import NO_DATA, Expected, Fault, V, Where

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDS_SIGNOFF: Expected = ("UNKNOWN", "NEEDS_SIGNOFF")
_NOT_RUN: Expected = ("UNKNOWN", "NOT_RUN")
_NEVER_GONE: Mapping[str, Expected] = {"FF-03": NO_DATA}  # what was never gone can't come back


def _in(phase: str, where: Where, name: str, does: str, primary: str, *implied: str) -> Fault:
    return Fault(name, does, where, primary, implied=dict.fromkeys(implied, V), phase=phase)


def _rollout(
    where: Where, name: str, does: str, primary: str, *, unreached: tuple[str, ...] = (), implied: tuple[str, ...] = ()
) -> Fault:
    """A step of the rollout fails: what comes after it is not begun."""
    lines: Mapping[str, Expected] = {**dict.fromkeys(unreached, _NOT_RUN), **dict.fromkeys(implied, V)}
    return Fault(name, does, where, primary, implied=lines, phase="rollout")


_DEPLOYED = (
    _in(
        "staging",
        "objects",
        "flag-differs",
        "the ConfigMap switches a feature off that the pods, started before, still have on",
        "P1-PRE-01",
    ),
    _in(
        "staging", "around", "dashboards-stale", "the dashboards were fed two hours ago for the last time", "P1-PRE-02"
    ),
    _in("staging", "around", "dashboard-empty", "the dashboards have their panels, and no series in them", "P1-PRE-02"),
    _in(
        "staging",
        "objects",
        "drill-left-awake",
        "a drill was killed, and its canary answers three users in five with the old build",
        "P1-EXE-01",
    ),
    Fault(
        "pod-restarting",
        "one pod's container restarts in good order every 15 s",
        "node",
        "P1-EXE-01",
        implied={"P1-EXE-05": NO_DATA},  # it has figures of nothing yet
        phase="staging",
    ),
    _in("staging", "node", "digest-mixed", "the node runs another digest in one of the pods", "P1-EXE-01"),
    Fault(
        "healthy-not-ready",
        "one pod answers 200 for its health and 503 for its readiness",
        "product",
        "P1-EXE-02",
        implied={"P1-EXE-01": V, "P1-EXE-05": NO_DATA},  # not available, so not rolled out; it has figures of nothing
        phase="staging",
    ),
    _in("staging", "product", "foreign-reader", "whoever knows a conversation's id is its owner", "BY-03"),
    _in(
        "staging",
        "product",
        "lost-update",
        "each turn writes the whole conversation as it was when the turn began",
        "BY-03",
    ),
)
_FLAGS = (
    Fault(
        "flag-ignored",
        "the product has both features on, whatever is configured",
        "product",
        "FF-02",
        implied=_NEVER_GONE,
        phase="flags",
    ),
    Fault(
        "flags-unread",
        "both settings are read and shown, and nothing heeds them",
        "product",
        "FF-02",
        implied=_NEVER_GONE,
        phase="flags",
    ),
    _in(
        "flags",
        "product",
        "flags-stay-off",
        "a feature whose switch the Deployment sets is off, whatever the switch says",
        "FF-03",
    ),
    _in("flags", "product", "flag-flapping", "one pod shows another value of a flag than the others", "FF-01", "FF-03"),
    _in("flags", "product", "flag-change-drops", "a pod that goes away answers chats with 502", "FF-04"),
)
_ROLLBACK = (
    _in("rollback", "script", "rollback-noop", "the rollback script changes nothing and says success", "RB-EMG-01"),
    _in("rollback", "script", "rollback-slow", "the rollback script waits 121 s before it begins", "RB-EMG-01"),
    _in("rollback", "product", "rollback-drops", "a pod that goes away answers chats with 502", "RB-EMG-03"),
    _in(
        "rollback",
        "product",
        "rollback-forgets",
        "where conversations are kept in the fallback store first, nothing of them is known",
        "RB-EMG-03",
    ),
    _in(
        "rollback",
        "product",
        "fallback-store-empty",
        "turns are not doubled into the second store, and counted as if they were",
        "RB-EMG-03",
    ),
    _in(
        "rollback",
        "product",
        "manual-flags-ignored",
        "the unified pipeline runs, whatever is configured",
        "RB-EMG-02",
        "RB-EMG-01",  # the script sets the same flag
    ),
    _in(
        "rollback",
        "data plane",
        "weight-change-ignored",
        "the ingress controller keeps a canary's weight when it becomes 0",
        "RB-CAN-01",
        "RB-STG-01",  # whose last step is 0 too
    ),
    _in(
        "rollback",
        "data plane",
        "pinned-users-stay",
        "the ingress controller goes on following header and cookie of a canary Ingress that was deleted",
        "RB-CAN-02",
    ),
    _in(
        "rollback",
        "data plane",
        "staged-raises",
        "on the way down the ingress controller gives the canary twice the weight asked for",
        "RB-STG-01",
    ),
)
_CHECKLIST = (
    _in("staging", "papers", "drill-missing", "no rollback was drilled in this environment", "P1-PRE-03"),
    _in("staging", "papers", "drill-other-digest", "the rollback drill was of another build", "P1-PRE-03"),
    _in("staging", "papers", "bash-missing", "no bug bash of this build was decided", "P1-PASS-03"),
    _in("staging", "papers", "a11y-missing", "no accessibility phase of this build was decided", "P1-PASS-04"),
    _in("rollout", "papers", "drill-expired", "the rollback drill was too long ago", "P3-CHK-02"),
    _in("rollout", "papers", "canary-verdict-expired", "the canary's decision has expired", "P3-CHK-01"),
    _in("rollout", "around", "snapshot-stale", "the dashboards were fed two hours ago for the last time", "P3-CHK-03"),
    _in("rollout", "around", "changelog-missing", "the change log says nothing of the candidate", "P3-CHK-04"),
    Fault(
        "oncall-unsigned",
        "no message about the candidate reached on-call, and nobody signed that they know",
        "around",
        "P3-CHK-05",
        _NEEDS_SIGNOFF,
        phase="rollout",
    ),
    _in("troubleshoot", "around", "roster-empty", "the roster names nobody for L2", "ES-01"),
)
_ROLLOUT = (
    Fault(
        "metrics-unreadable",
        "production's metrics documents are an error, with status 200",
        "product",
        "P3-ROLL-01",
        implied={
            "P3-CHK-03": NO_DATA,
            **dict.fromkeys(("P3-ROLL-02", "P3-ROLL-03", "P3-ROLL-04", "P3-ROLL-05"), _NOT_RUN),
        },
        phase="rollout",
    ),
    _rollout(
        "product",
        "canary-5xx-burst",
        "from weight 50 on the canary answers 5% of chats with 503",
        "P3-ROLL-02",
        unreached=("P3-ROLL-03", "P3-ROLL-04"),
    ),
    _rollout(
        "data plane",
        "full-weight-partial",
        "the ingress controller sends 90% to the canary where 100 is asked for",
        "P3-ROLL-03",
        unreached=("P3-ROLL-04",),
    ),
    _rollout(
        "node",
        "promotion-keeps-old",
        "the node runs the old build under the candidate's name in stable pods",
        "P3-ROLL-04",
    ),
    _rollout(
        "cluster",
        "canary-left",
        "a controller makes the canary Ingress again when somebody deleted it",
        "P3-ROLL-04",
    ),
    _rollout(
        "product",
        "promotion-drops",
        "stable's pods answer a tenth of chats with 502 once they run the candidate",
        "P3-ROLL-04",
    ),
    _rollout(
        "data plane",
        "no-auto-rollback",
        "the ingress controller keeps a canary's weight when it becomes 0",
        "P3-ROLL-05",
        unreached=("P3-ROLL-01", "P3-ROLL-02", "P3-ROLL-03", "P3-ROLL-04"),  # what can't go back is not begun
    ),
)
_MEMORY = (
    _in("troubleshoot", "product", "memory-one-pod", "one pod of each arm knows nothing said before", "TS-CTX-01"),
    _in(
        "troubleshoot",
        "product",
        "memory-across-versions",
        "a build knows only those turns of a conversation that it answered itself",
        "TS-CTX-01",
    ),
    _in(
        "troubleshoot",
        "product",
        "memory-ten-turns",
        "from its tenth turn on nothing of a conversation is known",
        "TS-CTX-01",
    ),
    _in("troubleshoot", "product", "memory-echo", "later turns are answered with the question itself", "TS-CTX-01"),
)

OPERATIONS: tuple[Fault, ...] = (*_DEPLOYED, *_FLAGS, *_ROLLBACK, *_CHECKLIST, *_ROLLOUT, *_MEMORY)
