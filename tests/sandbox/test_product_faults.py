"""The product's own faults: which answers name which build. The rules alone, then on a real pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.product.faults import RULES, Effects, Facts, effects
from tests.sandbox.product_pods import COMMIT, OTHER, Process, Town, ask, send

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
    assert effects(frozenset(RULES), Facts("this", "other", "stable", "never", 2)) == Effects(commit=None)


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
