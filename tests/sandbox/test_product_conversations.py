"""Conversations of the stand-in: several pods, two stores, several users. Real processes."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox import images
from tests.sandbox.product_pods import Process, Town, ask, free_port, send, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DUAL = {"CONV_DUAL_WRITE": "1", "CONV_MAX_TURNS": "50", "CONV_TTL_SECONDS": "600"}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town() as town:
        yield town


@pytest.fixture(scope="module")
def stores(town: Town) -> tuple[Process, Process]:
    return town.store("redis-service"), town.store("mongodb-service")


@pytest.fixture(scope="module")
def pods(town: Town, stores: tuple[Process, Process]) -> tuple[Process, Process]:
    assert len(stores) == 2
    return town.pod(**DUAL), town.pod(**DUAL)


def redis(store: Process, *words: str) -> str:
    cli = str(Path(images.redis_server()).with_name("redis-cli"))
    done = subprocess.run([cli, "-p", str(store.port), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_fact_told_on_one_pod_is_recalled_on_another(pods: tuple[Process, Process]) -> None:
    one, other = pods
    session = ask(one, "Remember that my favourite colour is teal-4821.").json()["meta"]["session_id"]
    assert "teal-4821" in text_of(ask(other, "What is my favourite colour?", session))


def test_a_fact_of_one_session_is_unknown_in_another(pods: tuple[Process, Process]) -> None:
    _ = ask(pods[0], "Remember that the code word is quokka-1.", "mine")
    assert "quokka-1" not in text_of(ask(pods[0], "What is the code word?", "yours"))


def test_memory_reaches_over_the_chat_endpoints_of_one_user(pods: tuple[Process, Process]) -> None:
    one, other = pods
    _ = ask(one, "Remember that my seat is 14C.", "both", user="test-ada")
    headers = {"Authorization": "Bearer test-ada"}
    body = {"question": "What is my seat?", "session_id": "both"}
    assert "14C" in text_of(send("POST", f"{other.url}/api/chat/ask", json=body, headers=headers))


@pytest.mark.parametrize("reader", ["test-eve", None])
def test_nobody_else_reads_a_users_conversation_by_its_id(pods: tuple[Process, Process], reader: str | None) -> None:
    _ = ask(pods[0], "Remember that my pin is 9931.", "private", user="test-ada")
    refused = ask(pods[1], "What is my pin?", "private", user=reader)
    assert refused.status_code == 404
    assert "9931" not in refused.text
    assert "9931" in text_of(ask(pods[1], "What is my pin?", "private", user="test-ada"))


def test_a_signed_in_user_does_not_read_an_anonymous_conversation(pods: tuple[Process, Process]) -> None:
    _ = ask(pods[0], "Remember that my pin is 5512.", "open")
    assert ask(pods[0], "What is my pin?", "open", user="test-eve").status_code == 404


def test_parallel_turns_on_two_pods_lose_nothing(
    pods: tuple[Process, Process], stores: tuple[Process, Process]
) -> None:
    async def all_at_once() -> list[int]:
        async with httpx.AsyncClient(verify=False) as client:
            bodies = [{"question": f"Remember that item {i} is value-{i}.", "session_id": "busy"} for i in range(20)]
            asked = [client.post(f"{pods[i % 2].url}/api/chat/ask", json=body) for i, body in enumerate(bodies)]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert asyncio.run(all_at_once()) == [200] * 20
    for store in stores:
        kept = redis(store, "LRANGE", "conv:busy", "0", "-1")
        assert redis(store, "LLEN", "conv:busy") == "40"
        assert all(f"value-{i}." in kept for i in range(20))
    assert text_of(ask(pods[0], "What is item 13?", "busy")).count("value-13") == 1


def test_a_conversation_is_kept_as_long_as_configured(
    pods: tuple[Process, Process], stores: tuple[Process, Process]
) -> None:
    _ = ask(pods[0], "How do I plan a picnic?", "lasting")
    for key in ("conv:lasting", "conv:lasting:meta"):
        assert 590 <= int(redis(stores[0], "TTL", key)) <= 600


def test_message_counts_are_logged_before_and_after_a_turn(pods: tuple[Process, Process]) -> None:
    for question in ("one?", "two?", "three?"):
        _ = ask(pods[0], question, "counted")
    seen = pods[0].events("request_metrics")[-3:]
    assert [(event["turn"], event["msg_count_before"], event["msg_count_after"]) for event in seen] == [
        (1, 0, 2),
        (2, 2, 4),
        (3, 4, 6),
    ]
    assert "AFTER_SAVE: session_id=counted, msg_count_after=6" in pods[0].lines()


def test_only_the_configured_number_of_turns_is_kept(town: Town, stores: tuple[Process, Process]) -> None:
    pod = town.pod(CONV_MAX_TURNS="3")
    _ = ask(pod, "Remember that the code word is elm-3.", "short")
    for number in range(2):
        _ = ask(pod, f"How large is garden {number}?", "short")
    assert "elm-3" in text_of(ask(pod, "What is the code word?", "short"))
    _ = ask(pod, "How large is garden 9?", "short")
    assert redis(stores[0], "LLEN", "conv:short") == "6"
    assert "elm-3" not in text_of(ask(pod, "What is the code word?", "short"))


def test_the_other_store_takes_over_with_what_was_doubled_and_only_that(
    town: Town, pods: tuple[Process, Process]
) -> None:
    single = town.pod(CONV_DUAL_WRITE="0")
    _ = ask(pods[0], "Remember that the code word is oak-7.", "doubled")
    _ = ask(single, "Remember that the code word is fir-8.", "single")
    mongo = town.pod(CONV_STORE_PRIMARY="mongo")
    assert "oak-7" in text_of(ask(mongo, "What is the code word?", "doubled"))
    assert "fir-8" not in text_of(ask(mongo, "What is the code word?", "single"))


def test_an_outage_of_the_store_is_shown_counted_and_survived() -> None:
    with Town() as town:
        redis_store = town.store("redis-service")
        _ = town.store("mongodb-service")
        alone, doubled = town.pod(), town.pod(CONV_DUAL_WRITE="1")
        _ = ask(doubled, "Remember that the code word is ash-2.", "kept")
        _ = redis_store.end()
        assert send("GET", f"{alone.url}/readyz").status_code == 503
        checks = send("GET", f"{doubled.url}/readyz").json()["health_checks"]
        assert (checks["redis"]["status"], checks["conversation_store"]["status"]) == ("unhealthy", "healthy")
        assert "ash-2" in text_of(ask(doubled, "What is the code word?", "kept"))
        assert ask(alone, "How do I plan a picnic?").status_code == 200
        document = send("GET", f"{alone.url}/api/metrics/observability").json()
        assert document["persistence"] == {
            "persistence_errors": 1,
            "persistence_success": 0,
            "error_rate_percent": 100.0,
        }
        assert set(document["alerts"]["active_alerts"]) == {"RedisDown", "PersistenceErrorsHigh"}
        assert alone.events("redis_error")
        assert alone.events("persist_error")
        town.names("redis-service", free_port(), town.store("elsewhere").port)  # a dead endpoint, then a live one
        assert send("GET", f"{alone.url}/readyz").status_code == 200
