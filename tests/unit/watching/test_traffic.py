"""The traffic of a watch as data: who is asked, through which door, and how much."""

from __future__ import annotations

from typing import Any

import pytest

from harness import target as targets
from harness.evidence.names import LOAD, TOGETHER
from harness.observe.watching.traffic import flows

TARGET = targets.load("sandbox")
STAGING = targets.msgspec.structs.replace(TARGET.environments["staging"], url="http://staging")
PRODUCTION = targets.msgspec.structs.replace(TARGET.environments["production"], url="http://production")


def of(phase: Any, environment: Any, *, tokens: bool = True, shard: tuple[int, int] = (0, 1)) -> Any:
    return flows(phase, environment, TARGET.load, tokens=tokens, shard=shard)


def test_staging_has_single_users_and_many_at_once() -> None:
    assert [flow.stream for flow in of("staging", STAGING)] == [LOAD, TOGETHER]


def test_each_arm_has_a_generator_of_its_own_with_a_seed_of_its_own() -> None:
    stable, canary = of("canary", PRODUCTION)
    assert stable.headers != canary.headers
    assert stable.plan.seed != canary.plan.seed
    assert stable.plan.requests_per_s == pytest.approx(TARGET.load.requests_per_s)


@pytest.mark.parametrize("phase", ["staging", "canary", "postdeploy", "troubleshoot"])
def test_the_rate_is_the_declared_one_whatever_can_be_asked(phase: str) -> None:
    environment = STAGING if phase == "staging" else PRODUCTION
    for tokens in (True, False):
        for flow in of(phase, environment, tokens=tokens):
            if flow.stream == LOAD:
                assert flow.plan.requests_per_s == pytest.approx(TARGET.load.requests_per_s)


def test_without_tokens_nobody_asks_the_enhanced_endpoint() -> None:
    asked = {one.endpoint for flow in of("staging", STAGING, tokens=False) for one in flow.plan.scenarios}
    assert asked == {"chat"}
    asked = {one.endpoint for flow in of("staging", STAGING) for one in flow.plan.scenarios}
    assert asked == {"chat", "enhanced"}


def test_without_an_address_there_is_no_traffic() -> None:
    assert of("staging", targets.msgspec.structs.replace(STAGING, url="")) == ()


def test_shards_are_the_same_plan_in_parts() -> None:
    whole, (first, second) = of("staging", STAGING)[0], [of("staging", STAGING, shard=(i, 2))[0] for i in range(2)]
    parts = [{one.index for one in flow.plan.arrivals(5.0)} for flow in (first, second)]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == {one.index for one in whole.plan.arrivals(5.0)}
