"""The schedule follows from seed and index; shards share it without a word between them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from harness.observe.load.plan import SOAK, Plan, Scenario


@pytest.mark.parametrize("gaps", ["even", "random"])
def test_an_arrival_follows_from_seed_and_index_alone(gaps: str) -> None:
    plan = Plan(50, seed=7, gaps="random" if gaps == "random" else "even")
    run = list(plan.arrivals(20.0))
    assert [plan.arrival(i) for i in (999, 3, 500)] == [run[999], run[3], run[500]]
    assert list(plan.arrivals(20.0, first=600)) == run[600:]
    assert [plan.question(run[3], 0, 2), plan.think_s(run[3], 0, 2)] == [
        plan.question(plan.arrival(3), 0, 2),
        plan.think_s(plan.arrival(3), 0, 2),
    ]


def test_even_arrivals_are_due_at_i_over_rate() -> None:
    assert [arrival.due_s for arrival in Plan(4).arrivals(1.0)] == [0.0, 0.25, 0.5, 0.75]


def test_random_gaps_keep_the_rate_and_look_exponential() -> None:
    dues = np.array([arrival.due_s for arrival in Plan(100, seed=3, gaps="random").arrivals(200.0)])
    gaps = np.diff(dues)
    assert len(dues) == pytest.approx(20_000, abs=64)
    assert (gaps >= 0).all()
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)
    assert (gaps > gaps.mean()).mean() == pytest.approx(np.exp(-1), abs=0.02)


def test_another_seed_is_another_schedule() -> None:
    one, two = ([a.scenario.name for a in Plan(50, seed=seed).arrivals(2.0)] for seed in (1, 2))
    assert one != two


def test_shards_partition_the_arrivals() -> None:
    whole = list(Plan(50, seed=1, gaps="random").arrivals(10.0))
    parts = [list(Plan(50, seed=1, gaps="random", shard=k, shards=3).arrivals(10.0)) for k in range(3)]
    assert sorted((a for part in parts for a in part), key=lambda a: a.index) == whole
    assert [part[0].index for part in parts] == [0, 1, 2]


def test_scenarios_come_in_their_shares() -> None:
    count = Counter(arrival.scenario.name for arrival in Plan(100, seed=5).arrivals(100.0))
    total = sum(scenario.weight for scenario in SOAK)
    for scenario in SOAK:
        assert count[scenario.name] / 10_000 == pytest.approx(scenario.weight / total, abs=0.02)
    turns = {scenario.turns for scenario in SOAK if scenario.sessions == 1 and scenario.endpoint == "chat"}
    assert {3, 5, 10} <= turns


def test_the_rate_of_requests_counts_turns_and_sessions() -> None:
    plan = Plan(2, (Scenario("a", turns=3), Scenario("b", turns=2, sessions=5, weight=3)))
    assert plan.requests_per_s == pytest.approx(2 * (3 + 30) / 4)


@pytest.mark.parametrize("bad", [{"rate_per_s": 0}, {"scenarios": ()}, {"shard": 2, "shards": 2}])
def test_a_plan_that_cannot_be_kept_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"plan needs|numbered"):
        _ = Plan(**{"rate_per_s": 1.0, **bad})  # pyright: ignore[reportArgumentType]
