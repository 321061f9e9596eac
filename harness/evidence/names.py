"""What the streams and snapshots of a run are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from harness.judge.answers import Arm

Way: TypeAlias = Literal["header", "cookie", "url"]

PLAIN = "plain"  # asks of users who pin nothing
USERS = "users"  # synthetic users who talk all the while


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
