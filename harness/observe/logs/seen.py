"""What the source of logs has seen so far: the document that a run keeps under the name "logs"."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs

import msgspec

NOTE = "logs"  # the name of the document


class VersionSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests of one version since the start, and what their lines did not say.

    `validated` are the answers that its schema guard looked at: requests answered below 500, and those it gave up
    on. `first_s` and `last_s` (UTC) are when the first and the last of them were written; None without any.
    """

    requests: int = 0
    validated: int = 0
    first_s: float | None = None
    last_s: float | None = None
    no_status: int = 0
    no_latency: int = 0


class LogsSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts since `since_s` (UTC, as `at_s`): lines by kind, requests and what they lack, sessions, the following.

    A share of errors rests on requests with a status only: while `no_status` is not 0 it is not known. `skews_s` is
    our clock minus the times in each pod's lines, the least of them. `unattached` are failed saves and repairs for
    which there is no answered request. After `sessions_until_s` completed sessions are counted before abandoned ones
    are known to be any: a share of sessions must end there.
    """

    since_s: float
    at_s: float
    lines: int = 0
    json: int = 0
    malformed: int = 0
    texts: int = 0
    tracebacks: int = 0
    oversized: int = 0
    untimed: int = 0
    early: int = 0
    requests: int = 0
    no_version: int = 0
    no_status: int = 0
    no_latency: int = 0
    elsewhere: int = 0  # requests to endpoints that the profile does not name: in no window
    unattached: Mapping[str, int] = {}
    versions: Mapping[str, VersionSeen] = {}
    failures: Mapping[str, int] = {}
    sessions_until_s: float | None = None  # all sessions whose last request (UTC) was before are counted by now
    sessions_open: int = 0
    sessions_ended: int = 0
    sessions_mixed: int = 0
    sessions_partial: int = 0  # begun before the start: counted nowhere
    sessions_lost: int = 0  # ended as unknown, since too many were open
    sessions_unfinished: int = 0  # not seen to their end: counted nowhere
    sessions_late: int = 0  # told of something when they had ended, or before they ever began
    skew_spread_s: float = 0.0
    skews_s: Mapping[str, float] = {}
    holes: int = 0
    down: tuple[str, ...] = ()
    troubles: Mapping[str, int] = {}
    connections: int = 0
    pods: tuple[str, ...] = ()
