"""Slices on the disk."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from harness.clock import FakeClock
from harness.evidence import slices
from harness.evidence.rows import FILE
from harness.evidence.slices import SliceRow, Slices, WatchTerms
from harness.evidence.store import EvidenceError, Writer

if TYPE_CHECKING:
    from pathlib import Path

FIRST = SliceRow("staging", 0, 10, "", "build a", "")
SECOND = SliceRow("staging", 10, 20, "it was late", "build a", "")


def test_slices_come_back_in_order_and_by_phase(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    kept = Slices(writer)
    for row in (SECOND, FIRST, SliceRow("canary", 0, 10)):
        kept.add(row)
    assert kept.pending()
    writer.flush()
    assert not kept.pending()
    assert slices.read(tmp_path, "staging") == (FIRST, SECOND)
    assert slices.read(tmp_path, "postdeploy") == ()
    writer.close("finished")


def test_what_is_not_flushed_is_not_there_and_what_is_stays(tmp_path: Path) -> None:
    writer = Writer(tmp_path, FakeClock())
    kept = Slices(writer)
    kept.add(FIRST)
    assert slices.read(tmp_path, "staging") == ()
    writer.close("stopped: killed")
    writer = Writer(tmp_path, FakeClock())
    Slices(writer).add(SECOND)
    writer.close("finished")
    assert slices.read(tmp_path, "staging") == (FIRST, SECOND)


def test_a_folder_without_a_watch_has_no_slices_and_no_terms(tmp_path: Path) -> None:
    assert slices.read(tmp_path, "staging") == ()
    assert slices.terms(tmp_path, "staging") is None
    Writer(tmp_path, FakeClock()).close("finished")
    assert slices.read(tmp_path, "staging") == ()
    assert slices.terms(tmp_path, "staging") is None


def test_what_was_planned_is_kept_as_it_was(tmp_path: Path) -> None:
    plan = WatchTerms("staging", 5, 60.0, 10.0, 20.0)
    writer = Writer(tmp_path, FakeClock())
    writer.meta("watch/staging", {"phase": "staging", "from_us": 5, "for_s": 60, "slice_s": 10, "largest_gap_s": 20})
    writer.close("finished")
    assert slices.terms(tmp_path, "staging") == plan


def test_a_file_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    _ = (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(EvidenceError, match="start a new run") as raised:
        _ = slices.read(tmp_path, "staging")
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value.__cause__, sqlite3.Error)
