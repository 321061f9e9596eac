"""Mutated files at every reader, and mutated runs at the whole gate: nothing falls over, and nothing becomes a GO.

By default it is sized for CI. The full size, an hour or so:
GATE_FUZZ=100000 GATE_FUZZ_DECISIONS=2000 pytest tests/gate/test_fuzzing.py
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.report.reading import gather
from harness.report.showing import junit, markdown, page
from harness.report.signing import verify
from tests.gate.breaking import OTHER
from tests.gate.fuzzing.mutations import mutated
from tests.gate.fuzzing.readers import READERS, Genuine, Reader, make

FILES = int(os.environ.get("GATE_FUZZ", "2400"))  # over all readers
DECISIONS = int(os.environ.get("GATE_FUZZ_DECISIONS", "40"))
EACH = max(1, FILES // len(READERS))
CHECKS = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
]  # how long an example takes is our business
NAMES = ["note.txt", ".hidden", f"{OTHER}-result.json", f"{OTHER}-container.json", f"{OTHER}-attachment.txt"]


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Genuine:
    return make(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_each_reader_believes_the_genuine_file(reader: Reader, genuine: Genuine) -> None:
    reader.read(genuine, reader.file(genuine).read_bytes())


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@settings(max_examples=EACH, deadline=None, database=None, suppress_health_check=CHECKS)
@given(data=st.data())
def test_no_reader_falls_over_or_believes_what_was_changed(
    reader: Reader, data: st.DataObject, genuine: Genuine
) -> None:
    raw, other = reader.file(genuine).read_bytes(), genuine.file("ledger.jsonl").read_bytes()
    reader.read(genuine, data.draw(mutated(raw, other)))


def test_a_genuine_run_is_decided_go(genuine: Genuine) -> None:
    made, means = genuine.decided(genuine.folder.path)
    assert (made.decision, means) == ("GO", genuine.means)


@settings(max_examples=DECISIONS, deadline=None, database=None, suppress_health_check=CHECKS)
@given(data=st.data())
def test_a_run_with_mutations_is_go_only_if_nothing_that_decides_has_changed_and_never_holds(
    data: st.DataObject, genuine: Genuine
) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as home:
        folder = Path(home) / genuine.folder.run
        _ = shutil.copytree(genuine.folder.path, folder)
        for _ in range(data.draw(st.integers(1, 3))):
            names = sorted(_held(folder))
            if names:
                path = folder / data.draw(st.sampled_from(names))
                data.draw(st.sampled_from(WAYS))(data, path, genuine)
        made, means = genuine.decided(folder)
        assert made.decision != "GO" or means == genuine.means
        for text in (page.render(made), markdown.render(made), junit.render(made).decode()):
            assert text
        raw = genuine.file("verdict.intoto.json").read_bytes()
        against = verify.verify(raw, genuine.ring, verify.Expected(), folder, genuine.now)
        changed = _held(folder) != _held(genuine.folder.path)
        assert bool(against) == changed


def _held(folder: Path) -> dict[str, bytes]:
    """Return the evidence in a folder."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: raw for name, raw in found.items() if name not in gather.OURS | gather.INDEXES}


def _mutate(data: st.DataObject, path: Path, genuine: Genuine) -> None:
    other = genuine.file(data.draw(st.sampled_from(["run.json", "ledger.jsonl", "outcomes.jsonl"]))).read_bytes()
    _ = path.write_bytes(data.draw(mutated(path.read_bytes(), other)))


def _delete(_: st.DataObject, path: Path, __: Genuine) -> None:
    path.unlink()


def _rename(data: st.DataObject, path: Path, _genuine: Genuine) -> None:
    _ = path.rename(path.with_name(data.draw(st.sampled_from(NAMES))))


def _copy(data: st.DataObject, path: Path, _genuine: Genuine) -> None:
    beside = path.with_name(data.draw(st.sampled_from(NAMES)))
    if beside != path:
        _ = shutil.copy(path, beside)


def _exchange(data: st.DataObject, path: Path, genuine: Genuine) -> None:
    _ = path.write_bytes(genuine.file(data.draw(st.sampled_from(["run.json", "outcomes.jsonl"]))).read_bytes())


Way = Callable[[st.DataObject, Path, Genuine], None]
WAYS: list[Way] = [_mutate, _mutate, _mutate, _mutate, _delete, _rename, _copy, _exchange]
