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


def test_one_line_may_have_all_and_ten_tenths_are_all() -> None:
    assert family.shares(0.05, {"a": 1}) == {"a": 0.05}
    assert len(family.shares(0.05, {str(i): 0.1 for i in range(10)})) == 10


def test_a_refused_weight_is_named() -> None:
    with pytest.raises(ValueError, match=r"at most 1, got a = 1\.5, b = 0$"):
        _ = family.shares(0.05, {"a": 1.5, "b": 0, "c": 0.1})
    with pytest.raises(ValueError, match=r"sum of at most 1, got 1\.1000$"):
        _ = family.shares(0.05, {"a": 0.6, "b": 0.5})


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_family_needs_an_error_rate(alpha: float) -> None:
    with pytest.raises(ValueError, match="family alpha"):
        _ = family.shares(alpha, {"a": 1})


def test_parts_share_evenly() -> None:
    assert family.equal_share(0.01, 576) * 576 == pytest.approx(0.01)
    assert family.equal_share(0.01, 1) == 0.01
    with pytest.raises(ValueError, match="parts"):
        _ = family.equal_share(0.01, 0)


def test_the_most_by_chance_is_a_binomial_bound() -> None:
    assert family.most_by_chance(1_000, 0.05) == 73
    assert family.most_by_chance(10, 1e-9) == 0
    assert family.most_by_chance(3, 0.999) == 3  # all of them may be
    assert family.most_by_chance(1, 0.001) == 0  # exactly a thousandth


def test_no_more_than_certainty_is_stated() -> None:
    assert family.stated([0.6, 0.7]) == 1
