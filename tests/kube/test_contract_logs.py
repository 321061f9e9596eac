"""Contract: reading the log of a pod that runs and has written one, two, three."""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kube.cluster import Pod


pytestmark = pytest.mark.needs_running_pods


def _text(pod: Pod, query: str = "") -> str:
    answer = pod.cluster.api.get(f"{pod.path}/log?{query}", Accept="*/*")
    assert answer.status == 200, answer.body
    return answer.body


@pytest.fixture
def talker(running_pod: Pod) -> Pod:
    """The pod, once it has said everything."""
    ends = time.monotonic() + 60
    while "three" not in _text(running_pod) and time.monotonic() < ends:
        _ = running_pod.cluster.api.get(f"{running_pod.cluster.path('pods')}?watch=true&timeoutSeconds=1")
    return running_pod


def test_a_log_is_what_was_written(talker: Pod) -> None:
    assert _text(talker) == "one\ntwo\nthree\n"
    assert _text(talker, "container=main") == "one\ntwo\nthree\n"


def test_a_tail_is_the_last_lines(talker: Pod) -> None:
    assert _text(talker, "tailLines=2") == "two\nthree\n"
    assert _text(talker, "tailLines=0") == ""
    assert _text(talker, "tailLines=99") == "one\ntwo\nthree\n"


def test_lines_can_be_limited_by_age(talker: Pod) -> None:
    assert _text(talker, "sinceSeconds=10") == "three\n"
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=10)
    assert _text(talker, f"sinceTime={moment:%Y-%m-%dT%H:%M:%SZ}") == "three\n"
    assert _text(talker, "sinceSeconds=3600&tailLines=1") == "three\n"


def test_timestamps_stand_in_front(talker: Pod) -> None:
    stamps = [line.partition(" ")[0] for line in _text(talker, "timestamps=true").splitlines()]
    assert stamps == sorted(stamps)
    assert all(datetime.datetime.fromisoformat(stamp).tzinfo for stamp in stamps)


def test_bytes_can_be_limited(talker: Pod) -> None:
    assert _text(talker, "limitBytes=5") == "one\nt"


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("container=other", 400, "container other is not valid for pod talker"),
        ("previous=true", 400, 'previous terminated container "main" in pod "talker" not found'),
        ("tailLines=-1", 422, "tailLines"),
        ("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 422, "at most one of"),
        ("limitBytes=0", 422, "limitBytes"),
    ],
)
def test_a_log_that_cannot_be_given_says_why(talker: Pod, query: str, status: int, says: str) -> None:
    answer = talker.cluster.api.get(f"{talker.path}/log?{query}")
    assert answer.status == status
    assert says in answer.body["message"]


def test_a_missing_pod_has_no_log(talker: Pod) -> None:
    answer = talker.cluster.api.get(talker.cluster.path("pods", "nope") + "/log")
    assert (answer.status, answer.body["message"]) == (404, 'pods "nope" not found')
