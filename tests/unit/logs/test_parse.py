"""Lines of every kind are each counted once; what the runbook's own commands print beside what is true."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import log_cost
from harness.observe.logs.counts import Counts
from harness.observe.logs.fields import Fields
from harness.observe.logs.parse import LONGEST, Parser, Splitter, read
from harness.observe.logs.times import utc

if TYPE_CHECKING:
    from pathlib import Path

    from harness.evidence.sample import Sample
    from harness.judge.answers import Arm

CHAINED = """\
before
Traceback (most recent call last):
  File "a.py", line 503, in save
    raise ValueError
ValueError: 500

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 1, in f
RuntimeError: it
  spans two lines
after
"""


def counted(text: str, fields: Fields | None = None) -> Counts:
    counts = read(io.BytesIO(text.encode()), Parser(fields or Fields(), Counts()))
    assert counts.lines == (
        counts.json
        + counts.malformed
        + counts.texts
        + counts.tracebacks
        + counts.continuations
        + counts.blank
        + counts.oversized
    )
    return counts


def event(**fields: Any) -> str:
    usual = {"event": "request_metrics", "version": "v1", "endpoint": "/api/chat/ask", "status": 200, "turn": 1}
    usual |= {"timestamp": "2026-11-23T10:00:00.500Z", "latency_ms": 100.0, "msg_count_before": 0}
    return json.dumps(usual | fields) + "\n"


def shell(command: str, path: Path) -> str:
    """Run one of the runbook's pipelines as it stands, on a file in place of kubectl's output."""
    bash = shutil.which("bash")
    assert bash
    return subprocess.run([bash, "-c", f"cat {path} | {command}"], capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counts]:
    path = tmp_path_factory.mktemp("logs") / "pods.log"
    _ = path.write_text(log_cost.block(seed=3, lines=5000))
    return path, counted(path.read_text())


def test_what_grep_schema_repair_counts_is_every_line_that_has_the_field(log: tuple[Path, Counts]) -> None:
    path, counts = log
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    truth = sum(line.get("schema_repair", False) for line in lines)
    assert counts.total().repaired == truth < 40
    assert int(shell("grep -c schema_repair", path)) == counts.total().requests > 4000


def test_what_grep_500_counts_is_digits_anywhere(log: tuple[Path, Counts]) -> None:
    path, counts = log
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    assert counts.total().errors == sum(line.get("status", 0) >= 500 for line in lines) < 40
    assert int(shell('grep -cE "ERROR|5[0-9]{2}"', path)) > 50 * counts.total().errors


def test_what_awk_calls_context_success_is_100_percent_of_anything(log: tuple[Path, Counts]) -> None:
    path, counts = log
    whole = counts.total()
    assert 0.99 < whole.known / whole.asked < 1
    awk = "awk '{if($NF>0) ok++; n++} END {print ok/n*100}'"
    assert shell(f"grep msg_count_before | {awk}", path).strip() == "100"


def test_ten_lines_per_pod_are_all_that_kubectl_shows_with_a_selector(log: tuple[Path, Counts]) -> None:
    path, counts = log
    shown = counted(shell("tail -10", path))
    assert shown.lines == 10
    assert counts.lines >= 5000


def test_our_figures_are_those_of_a_careful_awk(log: tuple[Path, Counts]) -> None:
    path, counts = log
    assert log_cost.figures(counts) == log_cost._theirs(path)[1]


def test_a_traceback_is_one_event_however_long_and_chained() -> None:
    counts = counted(CHAINED)
    assert (counts.tracebacks, counts.texts, counts.blank, counts.continuations) == (1, 2, 2, 8)
    assert counts.unparsed == 3
    interleaved = CHAINED.replace("    raise ValueError\n", "    raise ValueError\n" + event())
    again = counted(interleaved)
    assert (again.tracebacks, again.texts, again.json, again.unparsed) == (1, 2, 1, 3)


def test_lines_that_are_nearly_json_are_counted_and_spoil_no_other() -> None:
    bad = ['{"event": "request_metrics", "latency_ms": "fast"}\n', '{"event": "requ\n', "{}\n", '{"event": 7}\n']
    bad += ['{"latency_ms": true}\n', '{"latency_ms": NaN}\n', '{"latency_ms": 1e999}\n', '["request_metrics"]\n']
    counts = counted(event() + "".join(bad) + event(status=500))
    assert counts.malformed == 6
    assert counts.texts == 1
    assert counts.events == {"request_metrics": 2, "": 1}
    assert counts.total().errors == 1


def test_requests_that_do_not_say_are_counted_as_such_and_never_as_good() -> None:
    text = event(status=None) + event(latency_ms=None) + event(latency_ms=-1) + event(turn=None)
    text += event(turn=2, msg_count_before=None) + event(turn=2) + event(turn=3, msg_count_before=4)
    whole = counted(text).total()
    assert (whole.requests, whole.no_status, whole.no_latency, whole.no_turn, whole.no_known) == (7, 1, 2, 1, 1)
    assert (whole.asked, whole.known) == (3, 1)
    assert whole.by_ms == {100: 5}


def test_field_names_are_settings() -> None:
    line = json.dumps({"type": "http", "ver": "v9", "code": 502, "ms": 7, "path": "/x", "n": 2, "before": 1})
    fields = Fields(
        event="type", version="ver", status="code", latency_ms="ms", endpoint="path", turn="n", known="before",
        request="http",
    )  # fmt: skip
    tally = counted(line, fields).tallies["v9", "/x"]
    assert (tally.errors, tally.known, tally.by_ms) == (1, 1, {7: 1})


def test_each_request_becomes_a_sample_due_when_it_came_in() -> None:
    samples: list[Sample] = []
    arms: dict[str, Arm] = {"v1": "stable", "v2": "canary"}
    parser = Parser(Fields(), Counts(), arms.get, samples.append)
    lines = [event(latency_ms=1500, ttft_ms=250), event(version="v2", status=503), event(version=None)]
    lines += [event(timestamp=None), event(timestamp="2026-11-23T11:00:00.5+01:00"), event(latency_ms=None)]
    parser.take([line.rstrip().encode() for line in lines])
    written = utc("2026-11-23T10:00:00.500Z")
    assert written is not None
    first, ttft, second, third, zoned = samples
    assert (first.at_s, first.latency_s, first.arm, first.endpoint, first.error) == (
        written - 1.5,
        1.5,
        "stable",
        "chat",
        "",
    )
    assert (ttft.stream, ttft.latency_s, ttft.at_s) == ("logs-ttft", 0.25, first.at_s)
    assert (second.arm, second.error) == ("canary", "5xx")
    assert third.arm is None
    assert zoned.at_s == pytest.approx(written - 0.1)
    assert parser.counts.untimed == 1


def test_the_time_of_the_node_serves_where_a_line_has_none() -> None:
    samples: list[Sample] = []
    Parser(Fields(), Counts(), None, samples.append).take([event(timestamp=None).rstrip().encode()], at_s=50.0)
    assert [sample.at_s for sample in samples] == [49.9]


def test_a_failure_without_a_latency_is_a_sample_and_a_request_without_either_is_none() -> None:
    samples: list[Sample] = []
    lines = [event(latency_ms=None, status=503), event(latency_ms=-1, status=500, ttft_ms=3), event(latency_ms=None)]
    Parser(Fields(), Counts(), None, samples.append).take([line.rstrip().encode() for line in lines])
    assert [(one.stream, one.latency_s, one.error) for one in samples] == [("logs", None, "5xx")] * 2
    assert samples[0].at_s == utc("2026-11-23T10:00:00.500Z")


def test_a_line_that_cannot_know_the_time_has_that_of_the_node() -> None:
    samples: list[Sample] = []
    texts = ("1970-01-01T00:00:00Z", "2026-11-23T10:00:00", "noon", "2026-11-23T10:00:xxZ", "")
    lines = [event(timestamp=text, latency_ms=500).rstrip().encode() for text in texts]
    Parser(Fields(), Counts(), None, samples.append).take(lines, at_s=1_795_000_000.0)
    assert {one.at_s for one in samples} == {1_795_000_000.0 - 0.5}
    assert len(samples) == 5


def test_an_arm_that_is_learnt_later_is_asked_for_again() -> None:
    samples: list[Sample] = []
    known: dict[str, Arm] = {}
    parser = Parser(Fields(), Counts(), known.get, samples.append)
    parser.take([event().rstrip().encode()])
    known["v1"] = "canary"
    parser.take([event().rstrip().encode()])
    assert [one.arm for one in samples] == [None, "canary"]


@pytest.mark.parametrize("size", [1, 3, 64, 10_000])
def test_counts_do_not_depend_on_where_the_bytes_are_cut(size: int) -> None:
    text = (CHAINED + event() + event(status=500)).encode()
    parser, splitter = Parser(Fields(), Counts()), Splitter()
    for i in range(0, len(text), size):
        parser.take(splitter.feed(text[i : i + size]))
    assert parser.counts.tallies == counted(text.decode()).tallies
    assert parser.counts.unparsed == 3


def test_a_line_longer_than_any_is_dropped_and_counted() -> None:
    counts = counted("x" * (3 * LONGEST) + "\n" + event() + "y" * (LONGEST + 70_000))
    assert (counts.oversized, counts.json, counts.lines) == (2, 1, 3)


def test_sums_over_pods_are_exact() -> None:
    halves = [counted(log_cost.block(seed=s, lines=300)) for s in (1, 2)]
    whole = counted(log_cost.block(seed=1, lines=300) + log_cost.block(seed=2, lines=300)).total()
    one = halves[0].total()
    one.add(halves[1].total())
    assert one == whole
    assert one.quantile_ms(0.95) == whole.quantile_ms(0.95)
    assert Counts().total().quantile_ms(0.95) is None
