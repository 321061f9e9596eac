"""Faults around the product: its users, its logs, its stores and pods, and whoever observes."""

from __future__ import annotations

from sandbox.faults.fault import NO_DATA, TOO_FEW, Expected, Fault, V

_GAP: Expected = ("UNKNOWN", "GAP")
_GENERATOR: Expected = ("UNKNOWN", "GENERATOR_INVALID")
_BY_TRAFFIC = ("P1-SLO-02", "P1-SLO-03", "P1-SLO-04", "P1-EXE-03", "P1-EXE-04", "P1-PASS-01", "BY-01", "BY-06")

AROUND: tuple[Fault, ...] = (
    # what users do
    Fault(
        "canary-abandon",
        "8 of 100 users of the canary more leave before the end of their session",
        "users",
        "P2-PASS-02",
        implied={"P2-PASS-04": V},
    ),
    Fault(
        "canary-feedback",
        "5 of 100 users of the canary rate their session negatively",
        "users",
        "P2-PASS-01",
        implied={"P2-PASS-04": V},
    ),
    Fault(
        "engagement-down",
        "users click neither examples nor suggested actions any more",
        "users",
        "PD-04",
        implied={"PD-06": V},
        phase="postdeploy",
    ),
    Fault(
        "completion-down",
        "10 of 100 users leave before the end of their session, whichever build they have",
        "users",
        "PD-04",
        implied={"PD-06": V},
        phase="postdeploy",
    ),
    # how they reach the arms
    Fault(
        "canary-starved",
        "the ingress controller sends 1% to the canary, whatever is configured",
        "data plane",
        "P2-PASS-04",
        TOO_FEW,
        implied={"P2-RTE-02": V, "P2-PASS-01": TOO_FEW},
    ),
    Fault(
        "no-affinity",
        "the primary Ingress keeps no user on an arm, so sessions spread over both",
        "objects",
        "P2-PASS-02",
        NO_DATA,
        implied=dict.fromkeys(("P2-PASS-01", "P2-PASS-04"), NO_DATA),
    ),
    # what looks bad and is not
    Fault("logs-rotated", "the node rotates container logs every 256 kB", "node", None),
    Fault("logs-traceback", "tracebacks and plain text stand between the pods' JSON lines", "node", None),
    Fault("logs-skewed", "one stable pod's clock is 1.5 s behind, and so are the times in its log", "node", None),
    Fault("pod-restarts", "one stable pod's container restarts in good order every 30 s", "node", None),
    Fault(
        "counters-reset",
        "one pod's container restarts in good order after 20 s, so its counters start anew",
        "node",
        "P1-EXE-01",  # and nothing else: whoever reads its counters must notice
        phase="staging",
    ),
    # stores
    Fault(
        "redis-down",
        "the Redis pod is down and stays down; conversations go on in the other store",
        "node",
        "TS-LAT-01",
        phase="troubleshoot",
    ),
    # whoever observes
    Fault(
        "evidence-hole",
        "the collector stops for longer than the largest gap allowed",
        "collector",
        "P1-PASS-01",
        _GAP,
        implied={"P1-PASS-02": _GAP},  # nobody looked for alerts either
        phase="staging",
    ),
    Fault(
        "generator-starved",
        "the collector gets a tenth of a core",
        "collector",
        "P1-SLO-01",
        _GENERATOR,
        implied=dict.fromkeys(_BY_TRAFFIC, _GENERATOR),
        phase="staging",
        undecided=("BY-03",),  # who is starved waits for answers too, and so few turns stand side by side
    ),
    Fault(
        "watch-hole",
        "the collector stops for longer than the largest gap allowed",
        "collector",
        "PD-06",
        _GAP,
        phase="postdeploy",
    ),
)
