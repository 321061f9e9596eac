"""What the collector keeps beside a watch of staging: flags, monitors, the cluster again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from harness.clock import SystemClock
from harness.evidence import names
from harness.evidence.store import Reader, Writer
from harness.judge.flags import FlagsSeen
from harness.judge.monitors import MonitorsSeen
from harness.observe.collector import footing
from harness.observe.collector.notes import Notes
from harness.observe.snapshot import from_json
from harness.target import Monitor
from tests.unit.observe.flagged import Product, environment, target
from tests.unit.observe.servers import free_port, serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def kept(folder: Path, url: str, *, watched: bool) -> Reader:
    monitor = Monitor("version", "{url}/version", carries=("feature_flags",), every_s=0.05)
    there = environment(folder, url, monitors=(monitor,))
    clock = SystemClock()
    writer = Writer(folder, clock)
    book = footing.Book(target(there), writer, Notes(folder / "notes.log", clock), clock)

    async def both() -> None:
        await footing.before("staging", there, book, watched=watched)
        await footing.after("staging", there, book)

    asyncio.run(both())
    writer.close("finished")
    return Reader(folder)


def test_flags_monitors_and_the_cluster_of_afterwards_are_kept(tmp_path: Path) -> None:
    with serving(Product().app) as url:
        found = kept(tmp_path, url, watched=True)
    flags, monitors = found.snapshot(names.flags("staging")), found.snapshot(names.monitors("staging"))
    assert flags is not None
    assert monitors is not None
    assert msgspec.convert(flags.body, FlagsSeen).pods == ("a", "b")
    (monitor,) = msgspec.convert(monitors.body, MonitorsSeen).monitors
    assert len(monitor.readings) == 2
    assert from_json(found.snapshot(names.cluster_after("staging"))).part("pods").items
    assert "flags/staging: " in (tmp_path / "notes.log").read_text(encoding="utf-8")


def test_without_a_watch_nobody_needs_the_monitors(tmp_path: Path) -> None:
    with serving(Product().app) as url:
        found = kept(tmp_path, url, watched=False)
    assert found.snapshot(names.flags("staging")) is not None
    assert found.snapshot(names.monitors("staging")) is None


def test_a_target_that_is_down_is_kept_as_such(tmp_path: Path) -> None:
    found = kept(tmp_path, f"http://127.0.0.1:{free_port()}", watched=True)
    flags = found.snapshot(names.flags("staging"))
    assert flags is not None
    assert all(not one.value for one in msgspec.convert(flags.body, FlagsSeen).values)
    assert from_json(found.snapshot(names.cluster_after("staging"))).error


def test_a_target_that_answers_too_late_is_said_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footing, "WITHIN_S", 0.0)
    with serving(Product().app) as url:
        found = kept(tmp_path, url, watched=True)
    flags = found.snapshot(names.flags("staging"))
    assert flags is not None
    assert "could not be read in 0 s" in msgspec.convert(flags.body, FlagsSeen).trouble
