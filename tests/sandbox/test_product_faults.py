"""The product's own faults: which answers name which build. The rules alone, then on a real pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.product.faults import RULES, Effects, Facts, effects
from tests.sandbox.product_pods import COMMIT, OTHER, Process, Town, ask, pause, send

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = "X-Onesource-Version"
NEVER = {"Cookie": "canary=never"}


def named(*active: str, track: str = "stable", cookie: str | None = None, turn: int = 0) -> str | None:
    facts = Facts("this", "other", track, cookie, turn)
    return effects(frozenset(active), facts).commit


@pytest.mark.parametrize("turn", range(5))
@pytest.mark.parametrize("cookie", [None, "never", "always"])
def test_a_healthy_product_always_names_its_own_build(turn: int, cookie: str | None) -> None:
    assert named(turn=turn, cookie=cookie) == "this"
    assert named("split-50", "target-down", turn=turn, cookie=cookie) == "this"  # faults of others


def test_flipping_alternates_from_the_second_turn_on() -> None:
    assert [named("flipping", turn=turn) for turn in range(1, 6)] == ["this", "other", "this", "other", "this"]
    assert named("flipping") == "this"  # outside conversations


def test_the_cookie_leaks_on_stable_pods_and_for_those_who_opted_out_only() -> None:
    assert named("cookie-leaks", cookie="never") == "other"
    assert named("cookie-leaks", cookie="always") == "this"
    assert named("cookie-leaks") == "this"
    assert named("cookie-leaks", track="canary", cookie="never") == "this"


def test_a_stripped_version_is_stripped_whatever_else_is_on() -> None:
    assert named(*RULES, cookie="never", turn=2) is None
    of_identity = frozenset({"flipping", "cookie-leaks", "version-stripped"})
    assert effects(of_identity, Facts("this", "other", "stable", "never", 2)) == Effects(commit=None)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Town() as town:
        _ = town.store("redis-service")
        yield town


@pytest.fixture(scope="module")
def stable(town: Town) -> Process:
    return town.pod(TRACK="stable")


@pytest.fixture
def switch(town: Town) -> Iterator[Town]:
    """The town, whose faults go off again."""
    yield town
    town.faults()


def versions(pod: Process, headers: dict[str, str] | None = None) -> tuple[str | None, str | None]:
    """What the header and the document of GET /version name."""
    answer = send("GET", f"{pod.url}/version", headers=headers)
    return answer.headers.get(HEADER), answer.json()["version"].get("git_commit")


def turns(pod: Process, session: str) -> list[str | None]:
    return [ask(pod, f"How large is garden {i}?", session).headers.get(HEADER) for i in range(4)]


def test_without_faults_pod_and_conversation_name_one_build(stable: Process) -> None:
    assert versions(stable) == versions(stable, NEVER) == (COMMIT, COMMIT)
    assert turns(stable, "healthy") == [COMMIT] * 4


def test_version_stripped_takes_the_name_from_every_answer_while_it_is_on(stable: Process, switch: Town) -> None:
    switch.faults("version-stripped")
    assert versions(stable) == (None, None)
    assert turns(stable, "stripped") == [None] * 4
    assert HEADER not in send("GET", f"{stable.url}/nowhere").headers
    assert COMMIT not in send("GET", f"{stable.url}/version").text
    switch.faults()
    assert versions(stable) == (COMMIT, COMMIT)


def test_flipping_changes_a_conversations_build_and_not_the_pods(stable: Process, switch: Town) -> None:
    switch.faults("flipping")
    assert turns(stable, "flipped") == [COMMIT, OTHER, COMMIT, OTHER]
    assert versions(stable) == (COMMIT, COMMIT)


def test_cookie_leaks_answers_an_opted_out_user_as_the_candidate(town: Town, stable: Process, switch: Town) -> None:
    canary = town.pod(TRACK="canary")
    switch.faults("cookie-leaks")
    assert versions(stable, NEVER) == (OTHER, OTHER)
    assert versions(stable) == versions(stable, {"Cookie": "canary=always"}) == (COMMIT, COMMIT)
    assert versions(canary, NEVER) == (COMMIT, COMMIT)


def test_a_fault_goes_on_and_off_in_the_documents_of_a_running_pod(stable: Process, switch: Town) -> None:
    url = f"{stable.url}/api/metrics/observability"
    switch.faults("metrics-error-200", "alert-warn")
    lied = send("GET", url)
    assert (lied.status_code, list(lied.json())) == (200, ["error"])
    assert list(send("GET", f"{stable.url}/api/metrics/schema").json()) == ["error"]
    switch.faults("alert-warn")
    assert send("GET", url).json()["alerts"]["active_alerts"] == ["HighLatency"]
    switch.faults()
    assert send("GET", url).json()["alerts"]["active_alerts"] == []


def test_pipeline_off_is_what_the_pod_reports_while_it_is_on(stable: Process, switch: Town) -> None:
    def unified() -> bool:
        return bool(send("GET", f"{stable.url}/version").json()["feature_flags"]["unified_pipeline"])

    assert unified()
    switch.faults("pipeline-off")
    assert not unified()
    assert "summary" not in ask(stable, "How large is a garden?").json()
    switch.faults()
    assert unified()


def test_a_fault_of_the_canary_changes_the_canarys_answers_only(town: Town, stable: Process, switch: Town) -> None:
    canary = town.pod(TRACK="canary")
    switch.faults("canary-slow")
    took = [ask(pod, "How large is a garden?").elapsed.total_seconds() for pod in (canary, stable)]
    assert took[0] >= 0.15
    assert took[1] < 0.15


def test_the_bad_pod_is_one_of_its_service(town: Town, stable: Process, switch: Town) -> None:
    other = town.pod(TRACK="stable")
    town.names("onesource", stable.port, other.port)
    switch.faults("one-bad-pod")
    slow = [ask(pod, "How large is a garden?").elapsed.total_seconds() > 0.5 for pod in (stable, other)]
    failed = [any(event["status"] == 500 for event in pod.events("request_metrics")) for pod in (stable, other)]
    assert sorted(one or two for one, two in zip(slow, failed, strict=True)) == [False, True]


def test_figures_start_anew_when_faults_are_switched_so_that_none_outlives_its_fault(town: Town, switch: Town) -> None:
    pod = town.pod(CONV_DUAL_WRITE="1")  # with a second store that is not there
    switch.faults("repairs", "alert-warn")
    assert ask(pod, "How large is a garden?").status_code == 200
    pause(0.2)
    before = send("GET", f"{pod.url}/api/metrics/observability").json()
    assert before["persistence"]["persistence_errors"] == 1
    switch.faults()
    after = send("GET", f"{pod.url}/api/metrics/observability").json()
    assert after["persistence"] == {"persistence_errors": 0, "persistence_success": 0, "error_rate_percent": None}
    assert after["uptime_seconds"] < before["uptime_seconds"]
    assert before["alerts"]["active_alerts"] == ["PersistenceErrorsHigh", "HighLatency"]
    assert after["alerts"]["active_alerts"] == []
