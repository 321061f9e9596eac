"""What the streams and snapshots of a run are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from harness.judge.answers import Arm

Way: TypeAlias = Literal["header", "cookie", "url"]

PLAIN = "plain"  # asks of users who pin nothing
USERS = "users"  # synthetic users who talk all the while
WATCH = "watch"  # the slices of a watched phase; a probe's worth each

# streams of windows; requests with latencies by endpoint chat and enhanced
LOAD = "load"
LOAD_TTFT = "load-ttft"
TOGETHER = "together"  # as many users at once as the profile declares
LOGS = "logs"
LOGS_TTFT = "logs-ttft"
LOGS_PODS = "logs-pods"  # endpoint is chat@POD
PROMETHEUS = "prometheus"

# streams of counts alone: n of what, and the bad ones among them as errors; the endpoint is the source of the count
SAVES = "saves"  # "unsaved" of conversations' saves; from logs, metrics
REPAIRS = "repairs"  # "repaired" of answers; from logs, metrics
CONTEXT = "context"  # "forgotten" of requests from the second turn on; from logs
SESSIONS = "sessions"  # "abandoned" of users' sessions that ended; from logs
MIXED = "mixed"  # "mixed", seen on both arms, of the same sessions
FEEDBACK = "feedback"  # "negative" of the same sessions
CLICKS = "clicks"  # "unclicked" of sessions with an example shown or an action offered; from logs
FAILURES = "failures"  # answers the schema guard gave up on, by reason: n of 1 each; endpoint is the reason
REAL = "answers"  # "canned", "repeated", "unrelated" of our own load's good answers; endpoint chat, enhanced
UNIFIED = "unified"  # "without" the field of the unified pipeline, of the same answers
ALERTS = "alerts"  # looks; "page" and "warning" of them saw one fire; the endpoint is the alert's name

# snapshots of what was tried beside a watch
MEMORY = "memory"  # sessions that were told a fact and asked for it
ISOLATION = "isolation"  # reads of others' conversations, and turns side by side

FROM_LOGS = "logs"
FROM_METRICS = "metrics"
FROM_PROMETHEUS = "prometheus"


def pinned(way: Way, arm: Arm) -> str:
    """Name the stream of single asks pinned to an arm, such as header-canary."""
    return f"{way}-{arm}"


def talk(way: Way, arm: Arm) -> str:
    """Name the stream of conversations pinned to an arm, such as talk-header-canary."""
    return f"talk-{way}-{arm}"


def way_of(stream: str) -> str:
    """Return how a stream's asks are pinned: header, cookie, url; the stream's own name if they are not."""
    parts = stream.removeprefix("talk-").split("-")
    return parts[0] if len(parts) == 2 else stream


def cluster(environment: str) -> str:
    """Name the snapshot of an environment's cluster."""
    return f"cluster/{environment}"


def cluster_after(environment: str) -> str:
    """Name the snapshot of an environment's cluster after its watch."""
    return f"cluster/{environment}/after"


def flags(environment: str) -> str:
    """Name the snapshot of an environment's feature flags in all places."""
    return f"flags/{environment}"


def monitors(environment: str) -> str:
    """Name the snapshot of an environment's monitoring addresses."""
    return f"monitors/{environment}"
