"""The gate's policy agrees with the runbook's lines, and a typo in it is an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import policy, runbook
from harness.errors import UsageError

FILE = Path(__file__).parent.parent.parent / "runbook" / "policy.toml"
POLICY = policy.load()


def test_there_is_a_policy_for_each_phase_and_for_nothing_else() -> None:
    assert set(POLICY.phases) == set(runbook.PHASES)


@pytest.mark.parametrize("phase", runbook.PHASES)
def test_a_phase_requires_exactly_its_lines_that_have_a_test(phase: str) -> None:
    required = POLICY.of(phase).required
    assert len(set(required)) == len(required)
    assert set(required) == {key for key, line in runbook.of_phase(phase).items() if not line.planned}


@pytest.mark.parametrize("phase", runbook.PHASES)
def test_a_phase_is_watched_where_the_runbook_says(phase: str) -> None:
    assert POLICY.of(phase).environment == runbook.PHASES[phase]


@pytest.mark.parametrize("phase", runbook.PHASES)
def test_false_alarms_of_a_phase_stay_within_the_family_also_when_all_lines_are_tested(phase: str) -> None:
    lines = runbook.of_phase(phase)
    assert sum(POLICY.alpha_of(phase, key) for key in lines) <= POLICY.alpha_family == 0.05
    assert set(POLICY.of(phase).weights) <= set(lines)


def test_the_weight_line_is_planned_for_the_alpha_that_the_policy_gives_it() -> None:
    assert POLICY.alpha_of("canary", "P2-RTE-02") == pytest.approx(runbook.lines()["P2-RTE-02"].limits["alpha"])


@pytest.mark.parametrize("phase", runbook.PHASES)
def test_a_run_may_be_as_long_as_the_longest_window_it_has_to_watch(phase: str) -> None:
    hours = [
        number
        for line in runbook.of_phase(phase).values()
        for name, number in line.limits.items()
        if name.startswith("window") and name.endswith("_h") and line.phases[0] == phase and phase != "rollout"
    ]
    assert POLICY.of(phase).max_age_s > 3600 * max(hours, default=0)


@pytest.mark.parametrize("name", ["policy.toml", "lines.toml"])
def test_a_change_of_policy_or_limits_changes_the_digest(name: str, tmp_path: Path) -> None:
    for file in ("policy.toml", "lines.toml"):
        _ = (tmp_path / file).write_bytes((policy.FOLDER / file).read_bytes())
    assert policy.load(tmp_path).sha256 == POLICY.sha256
    _ = (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"# moved\n")
    assert policy.load(tmp_path).sha256 != POLICY.sha256


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("max_age_s", "max_age", "unknown field `max_age`"),
        ('required = ["FF-01", "FF-02", "FF-03", "FF-04", "EN-01", "ES-01"]', "required = []", "length >= 1"),
        ("valid_for_s = 3600", "valid_for_s = 0", "> 0.0"),
        ("alpha_family = 0.05", "alpha_family = 1.0", "< 1.0"),
        ('environment = "staging"', 'environment = "stagin"', "Invalid enum value 'stagin'"),
        ("schema = 1", "schema = 2", "<= 1"),
        ("P2-RTE-02 = 0.1", "P2-RTE-02 = 1.5", "<= 1.0"),
    ],
)
def test_a_malformed_policy_is_one_line_that_says_where(old: str, new: str, words: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    _ = (tmp_path / "policy.toml").write_text(text.replace(old, new), encoding="utf-8")
    _ = (tmp_path / "lines.toml").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(words)) as raised:
        _ = policy.load(tmp_path)
    assert "\n" not in str(raised.value)


def test_an_unknown_phase_cannot_be_decided() -> None:
    with pytest.raises(UsageError, match=r"wanted a phase, got 'prod'"):
        _ = POLICY.of("prod")


def test_a_missing_policy_is_one_line_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory at"):
        _ = policy.load(tmp_path)
