"""A family's error rate is what is stated, however its lines hang together."""

from __future__ import annotations

import pytest

from harness.judge import family


def test_weights_give_each_line_its_share() -> None:
    given = family.shares(0.05, {"P2-RTE-02": 0.1, "P2-SLO-04": 0.04})
    assert given == pytest.approx({"P2-RTE-02": 0.005, "P2-SLO-04": 0.002})
    assert family.stated(given.values()) == pytest.approx(0.007)


@pytest.mark.parametrize("weights", [{"a": 0.6, "b": 0.5}, {"a": 0.0}, {"a": -0.1}, {"a": 1.1}])
def test_weights_that_spend_more_than_there_is_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        _ = family.shares(0.05, weights)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_family_needs_an_error_rate(alpha: float) -> None:
    with pytest.raises(ValueError, match="family alpha"):
        _ = family.shares(alpha, {"a": 1})


def test_parts_share_evenly() -> None:
    assert family.equal_share(0.01, 576) * 576 == pytest.approx(0.01)
    with pytest.raises(ValueError, match="parts"):
        _ = family.equal_share(0.01, 0)


def test_the_most_by_chance_is_a_binomial_bound() -> None:
    assert family.most_by_chance(1_000, 0.05) == 73
    assert family.most_by_chance(10, 1e-9) == 0
