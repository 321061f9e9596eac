"""A profile can't make a watch easier than the runbook asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import runbook, target
from harness.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

BARE = 'name = "mine"\n[environments.staging]\nurl = "https://here"\n[environments.production]\n'


def test_a_phase_without_a_watch_of_its_own_is_watched_for_as_long_as_the_runbook_says() -> None:
    made = target.parse(BARE, "here")
    lines = runbook.lines()
    assert made.watched("staging").for_s == 3600 * lines["P1-PASS-01"].limits["window_h"]
    assert made.watched("canary").for_s == 3600 * lines["P2-PASS-04"].limits["window_h"]
    assert made.watched("postdeploy").for_s == 3600 * lines["PD-06"].limits["window_low_h"]


@pytest.mark.parametrize("phase", ["staging", "canary", "postdeploy"])
def test_only_a_rehearsal_is_shorter(phase: str) -> None:
    text = f"{BARE}[watch.{phase}]\nfor_s = 3600\n"
    with pytest.raises(UsageError, match=rf"watch\.{phase}\.for_s: wanted at least \d+ s.*only a rehearsal"):
        _ = target.parse(text, "here")
    assert target.parse(f"rehearsal = true\n{text}", "here").rehearsal


@pytest.mark.parametrize(
    "lengths", ["window_s = 60\nslice_s = 30", "slice_s = 90", "for_s = 180000\nslice_s = 200000", "slice_s = 150"]
)
def test_slices_are_whole_windows_within_the_watch(lengths: str) -> None:
    with pytest.raises(UsageError, match="wanted window_s <= slice_s <= for_s, a slice of whole windows"):
        _ = target.parse(f"{BARE}[watch.staging]\n{lengths}\n", "here")


def test_a_baseline_is_found_beside_its_profile(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    _ = file.write_text(f'{BARE}baseline = "before.json"\n', encoding="utf-8")
    assert target.load(str(file)).environments["production"].baseline == str(tmp_path / "before.json")
    assert target.load(str(file)).environments["staging"].baseline == ""
