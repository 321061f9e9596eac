"""From pods that restart to figures: each line once, the figures those of the lines."""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.evidence import names
from harness.observe.logs.seen import LogsSeen
from tests.unit.logs.cluster import Pod
from tests.unit.logs.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kube.backend import Backend

TRACE = ("Traceback (most recent call last):", '  File "/app/store.py", line 512, in save', "ValueError: 500")


def stamped(at_s: float) -> str:
    return datetime.datetime.fromtimestamp(at_s, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def line(event: str, **fields: Any) -> str:
    return json.dumps({"timestamp": stamped(time.time()), "event": event, "version": "v1", **fields})


def request(session: str, turn: int = 1, **fields: Any) -> str:
    usual: dict[str, Any] = {"session_id_hash": session, "turn": turn, "msg_count_before": 2 * (turn - 1)}
    usual |= {"endpoint": "/api/chat/ask", "latency_ms": 12.5, "status": 200}
    return line("request_metrics", **usual | fields)


def talk(pod: Pod, step: int) -> Iterator[str]:
    """One session's lines and all that stands between them."""
    name = f"{pod.name}-{step}"
    arm: dict[str, Any] = {"version": "v2" if pod.name == "b" else "v1"}
    yield line("ui_telemetry", event_type="examples_served", session_id_hash=name, **arm)
    yield request(name, **arm, ttft_ms=5.0)
    yield f"AFTER_SAVE: session_id={step}500, msg_count_after=4"
    yield TRACE[0]
    yield request(name, 2, **arm, endpoint="/api/chat/ask-enhanced", repair_reason="title" if step == 4 else None)
    yield from TRACE[1:]
    if step % 3 == 0:
        yield line("persist_error", session_id_hash=name, **arm)
    yield request(name, 3, **arm, msg_count_before=0 if step == 5 else 4)
    yield line("request_metrics", endpoint="/api/chat/ask", latency_ms=None if step % 2 else 3, status=503, **arm)
    yield request(f"probe {name}", synthetic=True, **arm)
    if step % 2:
        yield line("ui_telemetry", event_type="session_completed", session_id_hash=name, **arm)


def test_with_pods_that_restart_and_rotate_not_a_line_is_lost_or_counted_twice(backend: Backend) -> None:
    pods = [Pod(backend, "a"), Pod(backend, "b")]
    for pod in pods:
        pod.say(request("old"), at_ns=time.time_ns() - 2_000_000_000)
        pod.said.clear()
    with running(backend) as one:
        for step in range(12):
            for pod in pods:
                pod.say(*talk(pod, step), step_ns=0 if step % 2 else 500)
            if step in {3, 8}:
                pods[0].restart()
            if step == 6:
                pods[1].restart()
            if step == 5:
                one.until(lambda: one.seen.lines == sum(len(pod.said) for pod in pods))
                for pod in pods:
                    pod.rotate()
            if step in {1, 7, 10}:
                one.cut()
            time.sleep(0.25)
        one.until(lambda: one.seen.lines == sum(len(pod.said) for pod in pods))
        time.sleep(1.2)
    kept, seen = one.kept, one.seen
    said = [json.loads(text) for pod in pods for text in pod.said if text.startswith("{")]
    assert seen.lines == sum(len(pod.said) for pod in pods)
    assert (seen.json, seen.tracebacks, seen.malformed, seen.texts) == (len(said), 24, 0, 24)
    assert (seen.requests, seen.pods, seen.holes, seen.no_latency) == (120, ("a", "b"), 0, 12)
    assert seen.early <= 2, "what was written before the start is in no count"
    assert kept.gaps == []

    samples = Counter((one.stream, one.endpoint, one.arm, one.error) for one in kept.samples)
    for arm, pod in (("stable", "a"), ("canary", "b")):
        assert samples[names.LOGS, "chat", arm, ""] == 36
        assert samples[names.LOGS, "chat", arm, "5xx"] == 12
        assert samples[names.LOGS, "enhanced", arm, ""] == 12
        assert samples[names.LOGS_TTFT, "chat", arm, ""] == 12
        assert samples[names.LOGS_PODS, f"chat@{pod}", arm, ""] == 36
        assert kept.sums(names.SAVES)[arm] == (48, {"unsaved": 4})
        assert kept.sums(names.REPAIRS)[arm] == (48, {"repaired": 1})
        assert kept.sums(names.CONTEXT)[arm] == (24, {"forgotten": 1})
        assert kept.sums(names.SESSIONS)[arm] == (6, {})
        assert kept.sums(names.CLICKS)[arm] == (6, {"unclicked": 6})
        assert seen.versions["v1" if pod == "a" else "v2"].validated == 48
    assert (seen.sessions_ended, seen.sessions_unfinished, seen.sessions_mixed) == (12, 12, 0)
    assert sum(one.latency_s is None for one in kept.samples if one.stream == names.LOGS) == 12


def test_abandoned_sessions_are_counted_and_until_when_all_are_is_told(backend: Backend) -> None:
    pod = Pod(backend, "a")
    with running(backend, idle_s=1.0) as one:
        pod.say(request("left"))
        one.until(lambda: one.seen.sessions_ended == 1)
        pod.say(request("stays"))
        one.until(lambda: one.seen.lines == 2)
    (ended,) = (count for count in one.kept.counts if count.stream == names.SESSIONS)
    assert ended.errors == {"abandoned": 1}
    assert one.seen.sessions_unfinished == 1
    assert one.seen.sessions_until_s is not None
    assert ended.at_s < one.seen.sessions_until_s < one.seen.at_s - 0.5
    assert one.kept.notes["logs"] == one.source.finish()


def test_the_note_reads_back_as_it_was_written(backend: Backend) -> None:
    pod = Pod(backend, "a")
    with running(backend) as one:
        one.until(lambda: one.seen.connections > 0)
        pod.say(request("s"), line("schema_validation_failed", reasons=["title"]), line("request_metrics"))
        one.until(lambda: one.seen.lines == 3)
    note = msgspec.json.decode(msgspec.json.encode(one.kept.notes["logs"]))
    seen = msgspec.convert(note, LogsSeen)
    assert (seen.requests, seen.no_status, seen.no_latency) == (2, 1, 1)
    assert seen.failures == {"title": 1}
    version = seen.versions["v1"]
    assert (version.requests, version.validated) == (2, 2)
    assert version.first_s is not None
    assert version.last_s is not None
    assert seen.since_s < version.first_s <= version.last_s < seen.at_s + 1


def test_endpoints_that_the_profile_does_not_name_are_in_no_window(backend: Backend) -> None:
    pod = Pod(backend, "a")
    with running(backend) as one:
        pod.say(request("s", endpoint="/api/other/17"), request("s", endpoint=None))
        one.until(lambda: one.seen.lines == 2)
    assert one.kept.samples == []
    assert one.seen.elsewhere == 2


def test_pods_with_clocks_apart_lose_and_double_nothing(backend: Backend) -> None:
    ahead, behind = Pod(backend, "a"), Pod(backend, "b")
    with running(backend) as one:
        one.until(lambda: one.seen.connections > 0)
        time.sleep(1.0)
        for i in range(5):
            for pod, off_s in ((ahead, 3.0), (behind, -0.5)):
                now_s = time.time() + off_s
                pod.say(request(f"{pod.name}{i}", timestamp=stamped(now_s)), at_ns=round(now_s * 1e9))
        one.cut()
        one.until(lambda: one.seen.lines == 10)
        time.sleep(0.7)
    assert one.seen.requests == 10
    assert one.seen.skew_spread_s == pytest.approx(3.5, abs=0.3)


def test_an_api_that_refuses_is_a_gap_until_it_answers(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.observe.logs.gaps.BRIEF_S", 0.5)
    monkeypatch.setattr("harness.observe.logs.gaps.EVERY_S", 0.2)
    pod = Pod(backend, "a")
    with running(backend) as one:
        pod.say(request("s"))
        one.until(lambda: one.seen.lines == 1)
        aside = pod.file.rename(pod.file.with_suffix(".aside"))
        one.cut()
        one.until(lambda: bool(one.kept.gaps))
        _ = aside.rename(pod.file)
        pod.say(request("s", 2))
        one.until(lambda: one.seen.lines == 2)
        time.sleep(1.2)
        told = len(one.kept.gaps)
        assert not one.seen.down
    assert len(one.kept.gaps) == told
    assert {gap[0] for gap in one.kept.gaps} == {names.LOGS}
    assert one.kept.gaps[0][3] == "a/main could not be read"
    assert one.seen.troubles


def test_a_kubeconfig_that_is_not_there_is_a_gap_and_a_trouble_and_no_figure(backend: Backend) -> None:
    pod = Pod(backend, "a")
    pod.say(request("s"))
    _ = backend.kubeconfig.write_text("{}")
    with running(backend) as one:
        one.until(lambda: bool(one.seen.troubles))
        time.sleep(0.2)
    assert one.seen.down == ("the kubeconfig",)
    assert one.kept.samples == []
    assert one.kept.counts == []


def test_without_a_context_no_other_cluster_is_read_instead(backend: Backend) -> None:
    pod = Pod(backend, "a")
    with running(backend, context="") as one:
        pod.say(request("s"))
        one.until(lambda: bool(one.seen.troubles))
    assert one.seen.troubles == {"the profile names no context": 1}
    assert one.seen.connections == 0


def test_tracebacks_of_two_pods_at_once_are_told_apart(backend: Backend) -> None:
    pods = [Pod(backend, "a"), Pod(backend, "b")]
    with running(backend) as one:
        for text in (*TRACE, "after"):
            for pod in pods:
                pod.say(text, "{broken", request("s"))
        one.until(lambda: one.seen.lines == 24)
    assert (one.seen.tracebacks, one.seen.texts, one.seen.malformed, one.seen.requests) == (2, 2, 8, 8)
