from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.reading import allure_results

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.deciding.kept import Results
    from harness.report.deciding.model import Blocker

NAME = "allure-results/00000000-0000-4000-8000-000000000000-result.json"
ATTACHED = "allure-results/1-attachment.txt"
SAMPLE: dict[str, Any] = {
    "name": "test_it[a/b]",
    "status": "passed",
    "statusDetails": {"known": False, "flaky": False, "message": "so it's", "trace": 'a\n  "b"\\'},
    "description": "Two lines.\nOf them.",
    "attachments": [{"name": "log", "source": "1-attachment.txt", "type": "text/plain"}],
    "parameters": [{"name": "environment", "value": "'staging'", "excluded": False, "mode": "default"}],
    "start": 1_790_000_000_000,
    "stop": 1_790_000_000_040,
    "uuid": "u",
    "historyId": "h",
    "testCaseId": "t",
    "fullName": "suites.test_it#test_it",
    "labels": [
        {"name": "tag", "value": "canary"},
        {"name": "runbook", "value": "P2-RTE-02"},
        {"name": "run", "value": "of this run, é"},
        {"name": "host", "value": "h"},
    ],
    "links": [{"type": "issue", "url": "x", "name": "y"}],
    "titlePath": ["suites", "test_it.py"],
}
WHOLE = json.dumps(SAMPLE, ensure_ascii=False).encode()


def _read(content: bytes) -> tuple[Results, list[Blocker]]:
    troubles: list[Blocker] = []
    reader = allure_results.Reader([NAME, ATTACHED], troubles)
    reader.take(NAME, content)
    reader.take(ATTACHED, None)
    reader.finish()
    return reader.results, troubles


def _slowly(content: bytes) -> tuple[Results, list[Blocker]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allure_results, "quick", _none)
        return _read(content)


def _none(_: bytes) -> None:
    """Take every result the slow way."""


def test_a_result_as_allure_writes_it_is_read_the_quick_way_and_reduced() -> None:
    assert allure_results.quick(WHOLE) is not None
    results, troubles = _read(WHOLE)
    assert troubles == []
    assert (results, troubles) == _slowly(WHOLE)
    assert (results[0].lines, results[0].runs, results[0].flags) == (("P2-RTE-02",), ("of this run, é",), ())
    assert (results[0].name, results[0].status, results[0].history_id) == ("test_it[a/b]", "passed", "h")
    assert (results[0].start_ms, results[0].stop_ms) == (SAMPLE["start"], SAMPLE["stop"])


def test_what_the_installed_allure_writes_is_read_the_quick_way(tmp_path: Path) -> None:
    writers, model = importlib.import_module("allure_commons.logger"), importlib.import_module("allure_commons.model2")
    fields = {name: value for name, value in SAMPLE.items() if isinstance(value, str | int)}
    written = model.TestResult(
        **fields,
        statusDetails=model.StatusDetails(**SAMPLE["statusDetails"]),
        attachments=[model.Attachment(**one) for one in SAMPLE["attachments"]],
        parameters=[model.Parameter(**one) for one in SAMPLE["parameters"]],
        labels=[model.Label(**one) for one in SAMPLE["labels"]],
        links=[model.Link(**one) for one in SAMPLE["links"]],
        titlePath=SAMPLE["titlePath"],
    )
    writers.AllureFileLogger(str(tmp_path)).report_result(written)
    content = next(tmp_path.glob("*-result.json")).read_bytes()
    assert allure_results.quick(content) is not None
    assert _read(content) == _slowly(content) == _read(WHOLE)


CHANGES: list[dict[str, Any]] = [
    {"steps": [{"name": "s", "attachments": [{"name": "a", "source": "2-attachment.txt"}]}]},
    {"statusDetails": {"known": True, "muted": True}},
    {"status": None, "labels": []},
    {"labels": [{"name": "run", "value": 1}]},
    {"labels": [{"name": "run"}]},
    {"labels": [{"name": "runbook", "value": "A", "more": {"source": "3-attachment.txt"}}]},
    {"start": 1.0},
    {"start": "1"},
    {"start": 2**70},
    {"start": True},
    {"name": ""},
    {"name": None},
    {"historyId": None},
    {"source": "4-attachment.txt"},
    {"attachments": [{"name": "a", "source": "../../etc/passwd\n"}]},
    {"unheard of": [[[]]]},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_is_unusual_comes_out_as_the_strict_reader_says(change: dict[str, Any]) -> None:
    for indent in (None, 4):
        content = json.dumps(SAMPLE | change, ensure_ascii=False, indent=indent).encode()
        assert _read(content) == _slowly(content)


PIECES = [
    b'"status": "failed", ', b'"n\\u0061me": "x", ', b'"a": "\\ud800", ', b"NaN", b"1e999", b"\xff", b"\xef\xbb\xbf",
    b"{}", b"[[", b"null", b"1.0", b'"source": "x"', b'"known": true, ', b"\\", b'"', b" ", b"\n", b"0", b"-0",
    b"9" * 30,
]  # fmt: skip


@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=2))
def test_both_ways_of_reading_a_damaged_result_come_to_the_same(at: int, length: int, instead: bytes) -> None:
    content = WHOLE[:at] + instead + WHOLE[at + length :]
    assert _read(content) == _slowly(content)


@given(st.integers(0, WHOLE.count(b", ")), st.sampled_from(PIECES))
def test_both_ways_come_to_the_same_where_something_was_put_between_two_fields(at: int, piece: bytes) -> None:
    parts = WHOLE.split(b", ")
    parts[at] = piece + parts[at]
    content = b", ".join(parts)
    assert _read(content) == _slowly(content)


def test_attachments_that_nobody_names_or_that_are_not_there_are_told_on_one_line() -> None:
    troubles: list[Blocker] = []
    container, attachment = "allure-results/1-container.json", "allure-results/8-attachment.txt"
    reader = allure_results.Reader([container, attachment], troubles)
    named = [{"source": "7-attachment.txt"}, {"source": "a\nb"}, {"source": "x" * 1_000}, {"source": "../run.json"}]
    reader.take(container, json.dumps({"befores": [{"attachments": named}]}).encode())
    reader.take(attachment, None)
    reader.finish()
    assert sorted(blocker.code for blocker in troubles) == ["EXTRA_FILE", *["INCOMPLETE"] * 4]
    assert all("\n" not in blocker.message and len(blocker.message) < 500 for blocker in troubles)


def test_a_result_that_is_too_large_is_told() -> None:
    troubles: list[Blocker] = []
    reader = allure_results.Reader([NAME], troubles)
    reader.take(NAME, None)
    assert [(one.code, "larger than" in one.message) for one in troubles] == [("TAMPERED", True)]


PLACES = ("1-attachment.txt", "below/1-attachment.txt", "below/2-attachment.txt", "3-attachment.txt")
NAMED = (("1-attachment.txt",), ("2-attachment.txt", "3-attachment.txt"), ("below/1-attachment.txt", ""), ())


@pytest.mark.parametrize("missing", [None, *PLACES])
@pytest.mark.parametrize("named", NAMED)
def test_an_attachment_is_known_by_its_name_alone_wherever_it_lies(named: tuple[str, ...], missing: str | None) -> None:
    """Held against sets of names, which is what the reader saves itself from keeping."""
    troubles: list[Blocker] = []
    paths = [f"allure-results/{place}" for place in PLACES]
    reader = allure_results.Reader([NAME, *paths], troubles)
    content = json.dumps(SAMPLE | {"attachments": [{"source": source} for source in named]})
    reader.take(NAME, content.encode())
    there = [path for path in paths if path != f"allure-results/{missing}"]
    for path in there:
        reader.take(path, None)
    reader.finish()
    lost = sorted(set(named) - {path.rpartition("/")[2] for path in there})
    extra = [path for path in sorted(there) if path.rpartition("/")[2] not in named]
    wanted = [
        *(("INCOMPLETE", f"allure-results/{source}") for source in lost),
        *(("EXTRA_FILE", name) for name in extra),
    ]
    assert [(one.code, one.message.split(" ")[0]) for one in troubles] == wanted
