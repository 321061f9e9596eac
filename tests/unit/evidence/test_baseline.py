"""Figures of before a rollout: none, or broken ones, are one clear line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import UsageError
from harness.evidence import baseline
from harness.judge.limit import Tally

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "format": 1,
    "taken_at": "2026-01-01T00:00:00Z",
    "target": "sandbox",
    "environment": "production",
    "abandoned": {"bad": 3, "of": 100},
    "unclicked": {"bad": 0, "of": 0},
    "failed": {"bad": 1, "of": 1000},
}


def written(folder: Path, **changes: Any) -> str:
    path = folder / "baseline.json"
    _ = path.write_text(json.dumps(GOOD | changes), encoding="utf-8")
    return str(path)


def test_a_baseline_is_read_as_it_was_kept(tmp_path: Path) -> None:
    found = baseline.load(written(tmp_path))
    assert found.abandoned.tally == Tally(3, 100)
    assert found.unclicked.tally == Tally(0, 0)


def test_no_baseline_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "none.json"), str(tmp_path)):
        with pytest.raises(UsageError, match="gate evidence baseline RUN") as raised:
            _ = baseline.load(path)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "broken",
    [
        {"format": 2},
        {"failed": {"bad": -1, "of": 5}},
        {"failed": {"bad": 6, "of": 5}},
        {"failed": {"bad": 1.5, "of": 5}},
        {"failed": {"bad": None, "of": 5}},
        {"failed": {"bad": 1}},
        {"more": 1},
    ],
)
def test_a_baseline_that_can_not_be_is_refused(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="write it anew"):
        _ = baseline.load(written(tmp_path, **broken))


@pytest.mark.parametrize("text", [b"", b"{}", b"null", b'{"format": NaN}', b"\xff\xfe"])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "baseline.json"
    _ = path.write_bytes(text)
    with pytest.raises(UsageError):
        _ = baseline.load(str(path))
