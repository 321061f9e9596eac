"""The stand-in's HTTP API as a client sees it. A real pod with a real store."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.product import documents, schema
from tests.sandbox.product_pods import COMMIT, ROOT, Process, Town, ask, pause, send, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

OFF: dict[str, str] = {
    "USE_UNIFIED_PIPELINE": "0",
    "FEATURE_DYNAMIC_PROMPTS": "0",
    "FEATURE_SUGGESTED_ACTIONS": "0",
    "CONV_STORE_PRIMARY": "mongo",
    "CONV_DUAL_WRITE": "1",
}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town() as town:
        _ = town.store("redis-service")
        _ = town.store("mongodb-service")
        yield town


@pytest.fixture(scope="module")
def pod(town: Town) -> Process:
    return town.pod(ENVIRONMENT="staging")


@pytest.fixture(scope="module")
def flags_off(town: Town) -> Process:
    return town.pod(**OFF)


def get(pod: Process, path: str) -> Any:
    return send("GET", pod.url + path).json()


def counters(pod: Process) -> dict[str, float]:
    """All Prometheus samples, without the requests for the figures themselves."""
    lines = send("GET", f"{pod.url}/metrics").text.splitlines()
    samples = [line.rpartition(" ") for line in lines if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in samples if 'path="/metrics"' not in name}


def test_version_tells_build_flags_and_environment(pod: Process) -> None:
    assert get(pod, "/version") == {
        "environment": "staging",
        "feature_flags": {
            "unified_pipeline": True,
            "conv_store_primary": "redis",
            "conv_dual_write": False,
            "dynamic_prompts": True,
            "suggested_actions": True,
        },
        "version": {"git_commit": COMMIT, "schema_version": "v2"},
    }


def test_flags_are_shown_as_the_environment_sets_them(flags_off: Process) -> None:
    assert get(flags_off, "/version")["feature_flags"] == {
        "unified_pipeline": False,
        "conv_store_primary": "mongo",
        "conv_dual_write": True,
        "dynamic_prompts": False,
        "suggested_actions": False,
    }


def test_flags_change_what_users_get(pod: Process, flags_off: Process) -> None:
    on, off = (ask(each, "Compare tea and coffee in a table").json() for each in (pod, flags_off))
    assert [block["type"] for block in on["blocks"]] == ["markdown", "table"]
    assert [block["type"] for block in off["blocks"]] == ["markdown", "code"]
    assert "suggested_actions" in on["meta"]
    assert "suggested_actions" not in off["meta"]
    first, second = (get(pod, "/api/prompts/examples") for _ in range(2))
    assert first["seed"] != second["seed"]
    assert first["examples"] != second["examples"]
    assert get(flags_off, "/api/prompts/examples") == get(flags_off, "/api/prompts/examples")


@pytest.mark.parametrize("path", ["/version", "/healthz", "/readyz", "/nowhere", "/metrics", "/", "/static/app.js"])
def test_every_answer_names_the_build(pod: Process, path: str) -> None:
    assert send("GET", pod.url + path).headers["X-Onesource-Version"] == COMMIT


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", "", 404),
        ("GET", "/static/../server.py", "", 404),
        ("GET", "/static/%2e%2e%2fpage%2fapp.js", "", 404),
        ("GET", "/api/chat/ask", "", 405),
        ("POST", "/api/chat/ask", "no json", 400),
        ("POST", "/api/chat/ask", "[]", 422),
        ("POST", "/api/chat/ask", "{}", 422),
        ("POST", "/api/chat/ask", '{"question": "  "}', 422),
        ("POST", "/api/chat/ask", '{"question": "x", "session_id": "a b"}', 422),
        ("POST", "/api/chat/ask", json.dumps({"question": "x" * 32_001}), 413),
        ("POST", "/api/chat/ask-enhanced", '{"question": "x"}', 401),
        ("GET", "/api/prompts/examples?n=0", "", 422),
        ("GET", "/api/prompts/examples?n=many", "", 422),
        ("POST", "/api/chat/feedback", '{"rating": "so so"}', 422),
        ("POST", "/api/telemetry/ui", '{"event_type": "<b>"}', 422),
    ],
)
def test_a_refusal_is_a_json_document_with_the_build(
    pod: Process, method: str, path: str, body: str, status: int
) -> None:
    refused = send(method, pod.url + path, content=body)
    assert refused.status_code == status
    assert refused.headers["Content-Type"].startswith("application/json")
    assert refused.headers["X-Onesource-Version"] == COMMIT
    assert refused.json()["error"]


@pytest.mark.parametrize("token", ["Bearer nobody", "Basic test-ada", "Bearer test-", "Bearer test-a b"])
def test_a_foreign_token_is_refused_on_both_endpoints(pod: Process, token: str) -> None:
    for path in ("/api/chat/ask", "/api/chat/ask-enhanced"):
        refused = send("POST", pod.url + path, json={"question": "x"}, headers={"Authorization": token})
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_chat_answer_is_valid_v2_and_keeps_the_session(pod: Process) -> None:
    first = ask(pod, "How do I plan a picnic?")
    session = first.json()["meta"]["session_id"]
    second = ask(pod, "And for six people?", session)
    for answer, tier in ((first, "regular"), (second, "regular"), (ask(pod, "picnic?", user="test-ada"), "enhanced")):
        assert answer.status_code == 200
        assert schema.problems(answer.json()) == []
        assert answer.json()["meta"]["tier"] == tier
    assert second.json()["meta"]["session_id"] == session


def test_a_streamed_answer_begins_before_it_ends_and_ends_with_the_whole(town: Town) -> None:
    slow = town.pod(LATENCY_SCALE="0.5")
    seen: list[tuple[str, dict[str, Any]]] = []
    with httpx.stream(
        "POST",
        f"{slow.url}/api/chat/ask",
        json={"question": "How do I plan a picnic?", "session_id": "streamed"},
        headers={"Accept": "text/event-stream"},
        verify=False,
    ) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["X-Onesource-Version"] == COMMIT
        for line in response.iter_lines():
            name, _, rest = line.partition(": ")
            if name == "event":
                seen.append((rest, {}))
                if len(seen) == 1:
                    assert slow.events("request_metrics") == []  # the answer is not there yet
            elif name == "data":
                seen[-1] = (seen[-1][0], json.loads(rest))
    *deltas, (last, answer) = seen
    assert len(deltas) > 2
    assert {name for name, _ in deltas} == {"delta"}
    assert last == "answer"
    assert schema.problems(answer) == []
    assert "".join(data["text"] for _, data in deltas) == "\n\n".join(block["content"] for block in answer["blocks"])
    event = slow.events("request_metrics")[0]
    assert 0 < event["ttft_ms"] < 0.45 * event["latency_ms"]


def test_a_stream_that_its_reader_leaves_is_still_part_of_the_conversation(town: Town) -> None:
    slow = town.pod(LATENCY_SCALE="0.3")
    body = {"question": "Remember that the code word is larch-5.", "session_id": "left"}
    headers = {"Accept": "text/event-stream"}
    url = f"{slow.url}/api/chat/ask"
    with httpx.stream("POST", url, json=body, headers=headers, verify=False) as response:
        _ = next(response.iter_lines())
    for _ in range(200):
        if slow.events("request_metrics"):
            break
        pause(0.01)
    assert "larch-5" in text_of(ask(slow, "What is the code word?", "left"))
    assert not any("Traceback" in line for line in slow.lines())


def test_the_rate_limit_holds_per_user_over_all_pods_and_for_chats_only(town: Town) -> None:
    one, other = town.pod(RATE_LIMIT_PER_USER="3"), town.pod(RATE_LIMIT_PER_USER="3")
    statuses = [ask(each, "x?", user="test-busy").status_code for each in (one, other, one, other, one)]
    assert statuses == [200, 200, 200, 429, 429]
    assert ask(one, "x?", user="test-calm").status_code == 200
    assert ask(one, "x?").status_code == 200
    headers = {"Authorization": "Bearer test-busy"}
    for path in ("/version", "/api/prompts/examples", "/readyz"):
        assert send("GET", one.url + path, headers=headers).status_code == 200
    assert [event["status"] for event in other.events("request_metrics")] == [200]


def test_counters_move_by_exactly_the_traffic_sent(pod: Process) -> None:
    before = counters(pod)
    for _ in range(3):
        _ = ask(pod, "How do I plan a picnic?")
    for _ in range(2):
        _ = ask(pod, "How do I plan a picnic?", user="test-ada")
    _ = send("GET", f"{pod.url}/nowhere")
    _ = send("GET", f"{pod.url}/api/prompts/examples?n=4")
    _ = send("POST", f"{pod.url}/api/telemetry/ui", json={"event_type": "example_clicked", "user_id": "u"})
    _ = send("POST", f"{pod.url}/api/chat/feedback", json={"rating": "down", "session_id": "s"})
    after = counters(pod)
    moved = {
        name: after[name] - before.get(name, 0)
        for name in after
        if after[name] != before.get(name, 0) and "_seconds" not in name and "known" not in name
    }
    own = f'version="{COMMIT}"'
    assert moved == {
        f"schema_responses_validated_total{{{own}}}": 5,
        f"history_persist_success_total{{{own}}}": 5,
        f"examples_served_total{{{own}}}": 4,
        f'http_requests_total{{status="200",path="/api/chat/ask",{own}}}': 3,
        f'http_requests_total{{status="200",path="/api/chat/ask-enhanced",{own}}}': 2,
        f'http_requests_total{{status="404",path="other",{own}}}': 1,
        f'http_requests_total{{status="200",path="/api/prompts/examples",{own}}}': 1,
        f'http_requests_total{{status="202",path="/api/telemetry/ui",{own}}}': 1,
        f'http_requests_total{{status="202",path="/api/chat/feedback",{own}}}': 1,
        f'ui_events_total{{event_type="example_clicked",{own}}}': 1,
        f'user_feedback_total{{rating="negative",{own}}}': 1,
    }
    bucket = f'http_request_duration_seconds_bucket{{path="/api/chat/ask",{own},le="+Inf"}}'
    assert after[bucket] - before.get(bucket, 0) == 3


def test_the_observability_document_counts_the_same(town: Town) -> None:
    pod = town.pod()
    empty = get(pod, "/api/metrics/observability")
    assert empty["schema"]["repair_rate_percent"] is None  # nothing of nothing is not zero
    assert empty["latency"]["delta"] == {"p95_ms": None, "is_acceptable": None}
    for user in (None, None, "test-ada"):
        _ = ask(pod, "How do I plan a picnic?", user=user)
    _ = get(pod, "/api/prompts/examples?n=2")
    full = get(pod, "/api/metrics/observability")
    assert full["schema"] == get(pod, "/api/metrics/schema")
    assert (full["schema"]["responses_validated_total"], full["schema"]["schema_repairs_total"]) == (3, 0)
    assert full["schema"]["repair_rate_percent"] == 0
    assert full["persistence"] == {"persistence_errors": 0, "persistence_success": 3, "error_rate_percent": 0}
    assert full["latency"]["delta"]["is_acceptable"] is True
    assert full["dynamic_prompts"]["examples_served_total"] == 2
    assert full["alerts"] == dict.fromkeys(documents.SEVERITY, False) | {"active_alerts": []}
    assert full["uptime_seconds"] > empty["uptime_seconds"]


def test_a_request_is_logged_with_what_the_harness_reads(pod: Process) -> None:
    _ = ask(pod, "How do I plan a picnic?", "logged")
    event = pod.events("request_metrics")[-1]
    assert {key: event[key] for key in ("endpoint", "tier", "status", "version", "turn", "has_knowledge")} == {
        "endpoint": "/api/chat/ask",
        "tier": "regular",
        "status": 200,
        "version": COMMIT,
        "turn": 1,
        "has_knowledge": False,
    }
    assert event["latency_ms"] > 0
    assert {event["repair_reason"], event["ttft_ms"]} == {None}
    assert len(event["session_id_hash"]) == len(event["prompt_hash"]) == 16


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("CONV_STORE_PRIMARY", "postgres"), ("LATENCY_SCALE", "-1")]
)
def test_a_setting_that_cannot_be_ends_the_start_with_one_line(name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.product"],
        cwd=ROOT,
        env={name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"configuration error: {name}: want ")
    assert done.stderr.count("\n") == 1
