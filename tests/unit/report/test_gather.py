from __future__ import annotations

import hashlib
import itertools
import json
import os
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import files
from harness.report.reading import gather, hashed, parsed, strict
from harness.report.showing import publish

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.deciding.kept import Ledger
    from harness.report.deciding.model import Blocker, Evidence

GIB = 1024**3
AT = "2026-01-01T00:00:00.000Z"


def _event(seq: int, **fields: Any) -> dict[str, Any]:
    fields = {"nodeid": f"t{seq // 3}", "when": "call", "outcome": "passed"} | fields
    return {"event": "report", "at": AT, "seq": seq} | fields


def _codes(evidence: Evidence) -> list[tuple[str, str]]:
    """The blockers' codes, and what each is about."""
    return [(blocker.code, blocker.message.split()[0]) for blocker in evidence.troubles]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for name in ("allure-results", "artifacts"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "size",
    [0, 1, hashed.SMALL - 1, hashed.SMALL, hashed.SMALL + 1, 2 * hashed.SMALL, 2 * hashed.BLOCK + 2 * hashed.SMALL + 5],
)
def test_a_file_of_any_size_is_hashed_and_returned_whole(size: int, run: Path) -> None:
    content = bytes(i % 251 for i in range(size))
    _ = (run / "artifacts" / "a.bin").write_bytes(content)
    handle = os.open(run, os.O_RDONLY)
    digest = hashlib.sha256(content).hexdigest()
    try:
        assert hashed.read("artifacts/a.bin", handle, size) == (digest, content)
        assert hashed.read("artifacts/a.bin", handle, size - 1) == (digest, None)
        seen = hashlib.sha256()
        assert b"".join(hashed.blocks("artifacts/a.bin", handle, seen.update)) == content
        assert seen.hexdigest() == digest
    finally:
        os.close(handle)
    assert gather.folder(run).files == {"artifacts/a.bin": digest}


BOMBS = ("artifacts/bomb.bin", f"allure-results/{'a' * 32}-attachment.txt", "ledger.jsonl")


@pytest.mark.parametrize("name", BOMBS)
def test_a_sparse_file_of_8_gib_is_refused_by_its_size(name: str, run: Path) -> None:
    with (run / name).open("wb") as file:
        _ = file.truncate(8 * GIB)
    found = gather.folder(run)
    assert "EXTRA_FILE" in {blocker.code for blocker in found.troubles}
    assert any(f"{name} is larger than {hashed.LARGEST} bytes" in blocker.message for blocker in found.troubles)
    assert name not in found.files


def test_the_largest_size_is_a_limit_to_the_byte(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ = (run / "artifacts" / "a.bin").write_bytes(b"x" * 100_000)
    monkeypatch.setattr(hashed, "LARGEST", 100_000)
    assert gather.folder(run).troubles == ()
    monkeypatch.setattr(hashed, "LARGEST", 99_999)
    assert _codes(gather.folder(run)) == [("EXTRA_FILE", "artifacts/a.bin")]


def test_a_large_attachment_takes_no_memory(run: Path) -> None:
    with (run / "artifacts" / "a.bin").open("wb") as file:
        _ = file.truncate(32 * 1024 * 1024)
    tracemalloc.start()
    try:
        assert gather.folder(run).troubles == ()
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_what_cannot_be_read_blocks_and_does_not_crash(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("run.json", "ledger.jsonl", "artifacts/a.bin"):
        _ = (run / name).write_text("{}\n")

    def denied(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(hashed, "read", denied)
    monkeypatch.setattr(hashed, "blocks", denied)
    found = gather.folder(run)
    assert _codes(found) == [("TAMPERED", name) for name in ("run.json", "ledger.jsonl", "artifacts/a.bin")]
    assert all("cannot be read: Permission denied" in blocker.message for blocker in found.troubles)
    assert found.files == {}


@pytest.mark.parametrize("name", [b"a\nb.png", b"\xff.png", b"a\x1b[31m", "a\u2028b".encode()])
def test_a_name_that_would_break_a_line_is_told_on_one(name: bytes, run: Path) -> None:
    _ = (run / "artifacts" / os.fsdecode(name)).write_text("x")
    found = gather.folder(run)
    assert [blocker.code for blocker in found.troubles] == ["EXTRA_FILE"]
    assert found.troubles[0].message.isprintable()
    assert found.files == {}
    _ = files.encode(found.troubles[0].message)


def test_a_decision_that_was_killed_while_it_was_written_is_no_evidence(run: Path) -> None:
    (run / publish.PENDING).mkdir()
    _ = (run / publish.PENDING / "verdict.json").write_text("{")
    for name in gather.OURS:
        _ = (run / name).write_text("x")
    found = gather.folder(run)
    assert (found.troubles, found.files) == ((), {})


def test_the_gates_own_names_are_so_at_the_top_only(run: Path) -> None:
    _ = (run / "allure-results" / "verdict.json").write_text("x")
    (run / "artifacts" / publish.PENDING).mkdir()
    _ = (run / "artifacts" / publish.PENDING / "a").write_text("x")
    found = gather.folder(run)
    assert _codes(found) == [("EXTRA_FILE", "allure-results/verdict.json")]
    assert found.files.keys() == {"allure-results/verdict.json", f"artifacts/{publish.PENDING}/a"}


def test_a_folder_that_is_none_is_an_os_error(run: Path) -> None:
    _ = (run / "file").write_text("x")
    with pytest.raises(OSError, match="directory"):
        _ = gather.folder(run / "file")


@pytest.mark.parametrize("spaced", [False, True], ids=["as our writer", "as json.dumps"])
def test_a_ledger_is_read_whole_over_the_edges_of_blocks(
    spaced: bool, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = [{"nodeid": "t0", "line": "A", "phases": ["canary"]}]
    events = [_event(0, event="plan", tests=planned), _event(1), _event(2)]
    text = b"".join((json.dumps(one).encode() if spaced else files.encode(one)) + b"\n" for one in events)
    _ = (run / "ledger.jsonl").write_bytes(text)
    whole = gather.folder(run)
    monkeypatch.setattr(hashed, "BLOCK", 7)
    assert gather.folder(run).ledger == whole.ledger
    assert [event.seq for event in whole.ledger] == [0, 1, 2]
    assert whole.ledger[0].tests[0].phases == ("canary",)
    assert whole.files["ledger.jsonl"] == hashlib.sha256(text).hexdigest()


LINES = st.sampled_from(
    [
        files.encode(_event(1)),
        json.dumps(_event(2)).encode(),
        files.encode(_event(3, event="forgiven")),
        files.encode(_event(4, nodeid=5)),
        b'{"event":"finish","event":"finish","at":"2026-01-01T00:00:00Z","seq":0}',
        b"",
        b"{",
        b"\xff",
        b"[1]",
    ]
)


@given(st.lists(LINES, max_size=8), st.binary(max_size=3), st.lists(st.integers(0, 900), max_size=6))
def test_lines_come_out_the_same_however_a_file_is_cut_into_blocks(
    lines: list[bytes], rest: bytes, cuts: list[int]
) -> None:
    content = b"".join(line + b"\n" for line in lines) + rest
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    blocks = [content[low:high] for low, high in itertools.pairwise(places)]
    assert _lines(blocks) == _lines([content] if content else [])


def _lines(blocks: list[bytes]) -> tuple[Ledger, list[Blocker]]:
    troubles: list[Blocker] = []
    return parsed.lines(blocks, "ledger.jsonl", parsed.EVENTS, {}, troubles), troubles


def test_bad_lines_are_told_by_their_number_and_the_others_are_read() -> None:
    good = files.encode(_event(0)) + b"\n"
    found, troubles = _lines([good + b"{}\n" + good, b"x\n", b"\n", good, b'{"event'])
    assert len(found) == 3
    said = [(blocker.code, " ".join(blocker.message.split()[:3])) for blocker in troubles]
    assert said == [
        *(("TAMPERED", f"ledger.jsonl line {number}") for number in (2, 4, 5)),
        ("INTERRUPTED", "ledger.jsonl line 7"),
    ]


def test_equal_words_of_a_ledger_are_kept_once() -> None:
    plan = _event(0, event="plan", nodeid=None, tests=[{"nodeid": "t0", "line": "A", "phases": ["canary"]}] * 2)
    found, _ = _lines([b"".join(files.encode(one) + b"\n" for one in (plan, _event(1), _event(2)))])
    assert found[1].nodeid is found[2].nodeid is found[0].tests[0].nodeid is found[0].tests[1].nodeid
    assert found[1].outcome is found[2].outcome
    assert found[0].tests[0].phases is found[0].tests[1].phases


def test_records_that_are_too_large_are_told(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict, "MAX_BYTES", 8)
    names = ("allure-results/" + "a" * 32 + "-result.json", "ledger.jsonl", "outcomes.jsonl", "run.json")
    for name in names:
        _ = (run / name).write_text("123456789\n")
    found = gather.folder(run)
    assert {name for code, name in _codes(found) if code == "TAMPERED"} == set(names)
    assert all("larger than 8 bytes" in blocker.message for blocker in found.troubles)
    assert found.files.keys() == set(names)
