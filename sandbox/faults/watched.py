"""Faults that a watch over time must find: latency, errors, figures that lie, content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.fault import NO_DATA, TOO_FEW, Expected, Fault, V

if TYPE_CHECKING:
    from collections.abc import Mapping


def _staging(name: str, does: str, primary: str | None, *implied: str) -> Fault:
    return Fault(name, does, "product", primary, implied=dict.fromkeys(implied, V), phase="staging")


def _canary(name: str, does: str, primary: str | None, *implied: str) -> Fault:
    everything = ("P2-PASS-04",) if primary else ()  # it wants all of the others
    return Fault(name, does, "product", primary, implied=dict.fromkeys((*implied, *everything), V))


def _canary_open(name: str, does: str, primary: str, undecided: str, *implied: str) -> Fault:
    """One more line can't tell: its figure lies where the samples of a minute do not decide."""
    lines: dict[str, Expected] = dict.fromkeys((*implied, "P2-PASS-04"), V)
    return Fault(name, does, "product", primary, implied={**lines, undecided: TOO_FEW})


def _after(name: str, does: str, primary: str) -> Fault:
    return Fault(name, does, "product", primary, implied={"PD-06": V}, phase="postdeploy")


def _diagnosis(name: str, does: str, primary: str) -> Fault:
    return Fault(name, does, "product", primary, phase="troubleshoot")


# counters that can't be read can't be seen to move, and what is judged from them and from the logs is judged from both
_UNREADABLE: Mapping[str, Expected] = {
    **dict.fromkeys(("BY-02", "P1-SLO-05", "P1-SLO-06", "P1-PASS-01"), NO_DATA),
    "P1-PRE-02": V,  # a monitor without figures
}
_NO_ALERTS: Mapping[str, Expected] = {"P1-PASS-02": NO_DATA}  # nothing of the document can be read


def _unreadable(name: str, does: str, *, whole: bool = False) -> Fault:
    implied = {**_UNREADABLE, **(_NO_ALERTS if whole else {})}
    return Fault(name, does, "product", "P1-EXE-05", NO_DATA, implied=implied, phase="staging")


_SLOW = (
    _staging("slow-chat", "chat is slow throughout, P95 1.7 s", "P1-SLO-01", "P1-PASS-01", "P1-EXE-05", "BY-06"),
    _staging(
        "slow-enhanced",
        "enhanced is slow throughout, P95 1.86 s",
        "P1-SLO-02",
        "P1-SLO-03",
        "P1-PASS-01",
        "P1-EXE-05",
        "BY-06",
    ),
    _staging(
        "delta-140",
        "enhanced takes 160 ms more, both within their limits",
        "P1-SLO-03",
        "P1-PASS-01",
        "P1-EXE-05",
    ),
    _staging(
        "tail-only", "14% of chats take 4 s, the median is as ever", "P1-SLO-01", "P1-PASS-01", "P1-EXE-05", "BY-06"
    ),
    _staging(
        "bimodal",
        "chat takes 50 ms, but 14% of it 1.7 s and more",
        "P1-SLO-01",
        "P1-PASS-01",
        "P1-EXE-05",
        "BY-06",
    ),
    _staging(
        "long-prompt-slow",
        "enhanced takes 1.9 s more for questions over 4 kB",
        "P1-SLO-02",
        "P1-SLO-03",
        "P1-PASS-01",
        "P1-EXE-05",
    ),
    _staging(
        "serial",
        "each pod makes one answer at a time",
        "BY-06",
        "P1-SLO-01",
        "P1-SLO-02",
        "P1-SLO-04",
        "P1-PASS-01",
        "P1-EXE-05",
    ),
    Fault(
        "stall",
        "all pods freeze for 3 s of every 10",
        "product",
        "P1-SLO-01",
        implied={
            **dict.fromkeys(("P1-SLO-02", "P1-PASS-01", "P1-EXE-05", "BY-06"), V),
            "P1-SLO-03": TOO_FEW,  # who met a freeze is chance: the difference stays open
        },
        phase="staging",
    ),
)
_FAILING = (
    _staging(
        "errors-burst",
        "5% of chats are answered 500 for 10 s of every 30",
        "P1-SLO-04",
        "P1-PASS-01",
        "P1-PASS-02",
    ),
    _staging("errors-drip", "1.2% of chats are answered 500 or 503", "P1-SLO-04", "P1-PASS-01", "P1-PASS-02"),
    _staging(
        "persist-errors",
        "0.8% of turns are not saved in the second store",
        "P1-SLO-05",
        "P1-PASS-01",
        "P1-PASS-02",
        "P1-EXE-05",
    ),
    _staging("repairs", "2% of drafts have a broken block and are repaired", "P1-SLO-06", "P1-PASS-01", "P1-EXE-05"),
    _staging(
        "outage-4-percent",
        "every chat is answered 503 for 1.6 s of every 40, 4% of the time",
        "P1-PASS-01",
        "P1-SLO-04",
        "P1-PASS-02",
    ),
    _staging(
        "one-bad-pod",
        "one pod takes 0.6 s more and answers 4% with 500",
        "P1-SLO-04",
        "P1-PASS-01",
        "P1-PASS-02",
    ),
)
_FIGURES = (
    _staging("alert-page", "the alert RedisDown fires for 4 s of every 20", "P1-PASS-02"),
    _staging("alert-warn", "the warning HighLatency fires all the time", None),
    _unreadable("metrics-error-200", "metrics documents are an error, with status 200", whole=True),
    _unreadable("metrics-null", "figures in the metrics documents are null"),
    _unreadable("metrics-string", "figures in the metrics documents are texts"),
    _unreadable("metrics-nan", "figures in the metrics documents are NaN and Infinity", whole=True),
    _unreadable("metrics-missing", "the metrics documents have no figures"),
    Fault(
        "metrics-frozen",
        "counters in the metrics documents stay at zero",
        "product",
        "BY-02",
        implied={
            **dict.fromkeys(("P1-EXE-05", "P1-SLO-05", "P1-SLO-06", "P1-PASS-01"), NO_DATA),  # zero of zero
            "P1-PRE-02": V,  # a text without series is nothing to watch by
        },
        phase="staging",
    ),
    Fault(
        "counters-backwards",
        "counters lose two fifths for 5 s of every 13, without a restart",
        "product",
        "BY-02",
        # no counter of theirs is believed
        implied=dict.fromkeys(("P1-EXE-05", "P1-SLO-05", "P1-SLO-06", "P1-PASS-01"), NO_DATA),
        phase="staging",
    ),
)
_CONTENT = (
    _staging("spa-fallback", "health and every unknown path answer 200 with the page", "P1-EXE-02"),
    Fault(
        "canned",
        "every answer is the same apology, valid and with status 200",
        "product",
        "BY-01",
        implied=dict.fromkeys(("P1-PRE-01", "BY-03"), NO_DATA),  # an apology shows no flag, and no memory
        phase="staging",
    ),
    _staging("invalid-v2", "1.5% of answers have a block without content", "P1-EXE-03"),
    _staging("session-dropped", "from the third turn on answers name another session", "P1-EXE-04"),
)
_CANARY = (
    _canary("canary-slow", "the canary takes 150 ms more", "P2-MON-01", "P2-PASS-03"),
    _canary("canary-tail", "25% of the canary's chats take 2.5 s", "P2-SLO-01", "P2-PASS-03", "P2-MON-01"),
    _canary("canary-enhanced-slow", "enhanced is slow on the canary, P95 1.9 s", "P2-SLO-02", "P2-SLO-03", "P2-MON-01"),
    _canary("canary-delta", "enhanced takes 160 ms more on the canary", "P2-SLO-03", "P2-MON-01"),
    _canary("canary-5xx", "2.5% of chats are answered 500 by the canary", "P2-MON-02", "P2-SLO-04"),
    _canary_open("both-5xx", "1.5% of chats are answered 500 by both arms", "P2-SLO-04", "P2-MON-02"),
    _canary("canary-persist", "the canary does not save 0.8% of turns in the second store", "P2-SLO-05"),
    _canary("canary-repairs", "2% of the canary's drafts have a broken block and are repaired", "P2-SLO-06"),
    _canary("both-slow-together", "both arms take 300 ms more for 10 s of every 20", None),
    _canary("canary-ttft", "streams of the canary begin 40% later and end as ever", "P2-PASS-03"),
)
_AFTER = (
    _after("repair-trend-up", "the share of repaired answers rises by 0.03 points a second", "PD-01"),
    _after("repair-plateau", "0.4% of answers are repaired, and go on being so", "PD-01"),
    _after("context-loss", "0.6% of later turns know nothing of their conversation", "PD-02"),
    _after("error-logs-up", "1% of chats are answered 500", "PD-05"),
)
_DIAGNOSES = (
    _diagnosis("pipeline-off", "the legacy pipeline runs, whatever is configured", "TS-LAT-02"),
    _diagnosis("endpoint-slow", "enhanced takes 2 s more", "TS-LAT-03"),
    _diagnosis("repairs-high", "2% of answers are repaired for their title", "TS-SCH-01"),
    _diagnosis("repeated-failure", "0.5% of answers can't be repaired, always for the same reason", "TS-SCH-02"),
)

WATCHED: tuple[Fault, ...] = (*_SLOW, *_FAILING, *_FIGURES, *_CONTENT, *_CANARY, *_AFTER, *_DIAGNOSES)
