"""What is counted from documents, what is a gap and from when to when, and what spoke against them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.evidence import names
from harness.observe.documents import DocumentsSeen
from tests.unit.documents.product import START_S, Pod, bench, document

if TYPE_CHECKING:
    from pathlib import Path


def _rose(pod: Pod, validated: int = 0, repaired: int = 0, saved: int = 0, unsaved: int = 0) -> None:
    schema, saves = pod.document["schema"], pod.document["persistence"]
    schema["responses_validated_total"] += validated
    schema["schema_repairs_total"] += repaired
    saves["persistence_success"] += saved
    saves["persistence_errors"] += unsaved


def test_what_each_pod_rose_by_is_counted_with_its_arm(tmp_path: Path) -> None:
    a, b = Pod("a"), Pod("b")
    with bench(tmp_path, a, b) as one:
        _ = one.look()
        assert [count for count in one.sink.counts if count.stream != names.ALERTS] == [], "a first reading has no rise"
        _rose(a, 30, 2, 60, 1)
        _rose(b, 7)
        seen = one.look()
        repairs = {count.arm: (count.n, count.errors) for count in one.sink.counts if count.stream == names.REPAIRS}
        saves = {count.arm: (count.n, count.errors) for count in one.sink.counts if count.stream == names.SAVES}
        assert repairs == {"stable": (30, {"repaired": 2}), "canary": (7, {"repaired": 0})}
        assert saves == {"stable": (61, {"unsaved": 1}), "canary": (0, {"unsaved": 0})}
        assert one.sink.gaps == []
        assert {pod.pod: dict(pod.risen) for pod in seen.pods}["a"] == {
            "validated": 30,
            "repaired": 2,
            "saved": 60,
            "unsaved": 1,
        }
        assert one.cluster.tokens == {"Bearer hush"}
        assert "hush" not in str(one.sink.notes)


def test_the_note_reads_back_as_it_was(tmp_path: Path) -> None:
    with bench(tmp_path, Pod("a")) as one:
        _ = one.look()
        seen = one.look()
        back = msgspec.convert(one.sink.notes["documents"], DocumentsSeen)
        assert back == seen
        assert back.pods[0].figure("p95_ms").place == "latency.regular.p95_ms"
        assert back.pods[0].figure("delta_p95_ms").value == -3.5, "a difference may be below zero"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"schema__schema_repairs_total": None}, "repaired: null"),
        ({"schema__schema_repairs_total": "3"}, "repaired: text, not a number"),
        ({"schema__schema_repairs_total": -1}, "repaired: negative: -1"),
        ({"schema__schema_repairs_total": True}, "repaired: true or false, not a number"),
        ({"schema__schema_repairs_total": 1.5}, "repaired: not a whole number: 1.5"),
        ({"schema": {}}, "validated: missing, looked for schema.responses_validated_total"),
    ],
)
def test_an_unreadable_counter_is_a_gap_from_the_last_good_to_the_next_good_reading(
    tmp_path: Path, spoil: dict[str, Any], said: str
) -> None:
    pod = Pod("a")
    with bench(tmp_path, pod) as one:
        _ = one.look()
        good, pod.document = pod.document, document(**spoil, uptime_seconds=1015.0)
        _ = one.look()
        _ = one.look()
        assert one.sink.of(names.REPAIRS) == [], "no zero in place of what is not known"
        pod.document = good | {"uptime_seconds": 1045.0}
        _rose(pod, 40, 3)
        _ = one.look()
        ((start, end, why),) = one.sink.holes(names.REPAIRS)
        assert (start, end) == (15.0, 60.0)
        assert f"pod a: {said}" in why
        assert one.sink.of(names.REPAIRS) == [(60.0, 40, {"repaired": 3})], "the counters kept what was between"
        assert one.sink.holes(names.SAVES) == [], "the other counters were there"


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"error": "secret detail"}, 'HTTP 200 with {"error"}'),
        (b"<html>", "HTML"),
        (b"{", "what is not JSON"),
        (b'{"schema": {"responses_validated_total": NaN}}', "NaN or Infinity"),
        (b"", "nothing in it"),
        (b"[1]", "JSON that is no object"),
        (500, "HTTP 500"),
    ],
)
def test_a_document_that_is_none_is_one_reason_for_everything(tmp_path: Path, spoilt: Any, said: str) -> None:
    pod = Pod("a")
    with bench(tmp_path, pod) as one:
        _ = one.look()
        good, pod.document = pod.document, spoilt
        seen = one.look()
        assert said in seen.pods[0].trouble
        assert {figure.why for figure in seen.pods[0].figures.values()} == {seen.pods[0].trouble}
        assert "secret" not in str(one.sink.notes)
        pod.document = good
        _ = one.look()
        for stream in (names.SAVES, names.REPAIRS, names.ALERTS):
            assert one.sink.holes(stream) == [(15.0, 45.0, f"pod a: {seen.pods[0].trouble}")]


def test_a_figure_that_was_never_there_is_a_gap_from_the_first_look_and_closes_with_the_run(tmp_path: Path) -> None:
    pod = Pod("a", answers={"/api/metrics/observability": document(schema={})})
    with bench(tmp_path, pod, every_s=0.01) as one:

        async def run() -> None:
            task = asyncio.create_task(one.reader.run())
            while one.sink.notes.get("documents", {}).get("looks", 0) < 3:
                one.clock.sleep(5)
                await asyncio.sleep(0.01)
            _ = task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        one.loop.run_until_complete(run())
        ((start, end, why),) = one.sink.holes(names.REPAIRS)
        assert start <= 5
        assert end == one.sink.notes["documents"]["at_s"] - START_S
        assert "missing" in why
        assert one.sink.holes(names.SAVES) == []


def test_a_restarted_pod_counts_anew_and_its_silence_is_no_gap(tmp_path: Path) -> None:
    pod = Pod("a")
    with bench(tmp_path, pod) as one:
        _ = one.look()
        pod.down = True
        _ = one.look()
        pod.down, pod.restarts = False, 1
        pod.document = document(uptime_seconds=0.0, schema__responses_validated_total=8)
        seen = one.look()
        assert one.sink.holes(names.SAVES) == one.sink.holes(names.REPAIRS) == []
        assert [hole[:2] for hole in one.sink.holes(names.ALERTS)] == [(15.0, 45.0)], "an alert may have been missed"
        assert one.sink.of(names.REPAIRS) == [(45.0, 8, {"repaired": 1})]
        assert (seen.restarts, seen.contradictions) == (1, ())


def test_a_pod_that_was_silent_without_a_restart_is_a_gap(tmp_path: Path) -> None:
    pod = Pod("a")
    with bench(tmp_path, pod) as one:
        _ = one.look()
        pod.down = True
        _ = one.look()
        pod.down = False
        _ = one.look()
        assert one.sink.holes(names.SAVES) == [(15.0, 45.0, "pod a: refused (the API's proxy answered HTTP 503)")]


@pytest.mark.parametrize("uptime", [True, False])
def test_a_restart_that_the_cluster_tells_of_late_is_counted_once(tmp_path: Path, *, uptime: bool) -> None:
    up = {} if uptime else {"uptime_seconds": None}
    pod = Pod("a", answers={"/api/metrics/observability": document(**up)})
    with bench(tmp_path, pod) as one:
        _ = one.look()
        pod.document = document(schema__responses_validated_total=8, schema__schema_repairs_total=0) | (
            up or {"uptime_seconds": 0.0}
        )
        _ = one.look()
        pod.restarts = 1
        _rose(pod, 2)
        seen = one.look()
        assert seen.pods[0].risen["validated"] == 10
        assert (seen.restarts, seen.contradictions) == (1, ())
        assert sum(n for _, n, _ in one.sink.of(names.REPAIRS)) == 10


@pytest.mark.parametrize("uptime", [True, False])
def test_a_counter_that_falls_without_a_restart_is_no_data_and_remembered(tmp_path: Path, *, uptime: bool) -> None:
    up = {} if uptime else {"uptime_seconds": None}
    pod = Pod("a", answers={"/api/metrics/observability": document(**up)})
    with bench(tmp_path, pod) as one:
        _ = one.look()
        _rose(pod, -40)
        _ = one.look()
        _rose(pod, 100)
        pod.document["schema"]["responses_validated_total"] = 90
        seen = one.look()
        (said,) = seen.contradictions
        assert said.startswith("pod a: validated: went back from 100 to ")
        assert said.endswith("without a restart")
        assert one.sink.of(names.REPAIRS) == []
        one.loop.run_until_complete(_cut(one.reader.run()))
        ((start, _, why),) = one.sink.holes(names.REPAIRS)
        assert start == 15.0
        assert "went back" in why


async def _cut(work: Any) -> None:
    task = asyncio.create_task(work)
    await asyncio.sleep(0.1)
    _ = task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_repairs_beside_a_counter_that_is_not_believed_are_not_set_against_later_answers(tmp_path: Path) -> None:
    pod = Pod("a")
    with bench(tmp_path, pod) as one:
        _ = one.look()
        _rose(pod, -40)
        _ = one.look()
        _rose(pod, 10, 50)
        _ = one.look()
        pod.restarts = 1
        pod.document = document(
            uptime_seconds=0.0, schema__responses_validated_total=20, schema__schema_repairs_total=1
        )
        _ = one.look()
        assert one.sink.of(names.REPAIRS) == [(60.0, 20, {"repaired": 1})]


def test_a_repair_counted_before_its_answer_waits_for_it(tmp_path: Path) -> None:
    pod = Pod("a")
    with bench(tmp_path, pod) as one:
        _ = one.look()
        _rose(pod, 0, 1)
        _ = one.look()
        _rose(pod, 5, 0)
        _ = one.look()
        assert [(n, errors) for _, n, errors in one.sink.of(names.REPAIRS)] == [
            (0, {"repaired": 0}),
            (5, {"repaired": 1}),
        ]


def test_alerts_are_counted_by_name_and_kind_beside_the_looks(tmp_path: Path) -> None:
    a, b = Pod("a"), Pod("b")
    a.document = document(alerts__active_alerts=["RedisDown", "HighLatency"])
    b.document = document(alerts__active_alerts="RedisDown")
    with bench(tmp_path, a, b) as one:
        _ = one.look()
        found = {(count.endpoint, count.arm, count.n, *count.errors) for count in one.sink.counts}
        assert found == {
            ("looks", "stable", 1),
            ("RedisDown", "stable", 1, "page"),
            ("HighLatency", "stable", 1, "warning"),
        }
        b.document = document()
        _ = one.look()
        ((_, _, why),) = one.sink.holes(names.ALERTS)
        assert why == "pod b: alerts: alerts.active_alerts: wanted a list of names, got str"


def test_pods_that_can_not_be_listed_are_a_gap_of_everything(tmp_path: Path) -> None:
    with bench(tmp_path, Pod("a")) as one:
        _ = one.look()
        one.cluster.refuses = 403
        seen = one.look()
        assert seen.trouble == "the pods can't be listed: HTTP 403"
        one.cluster.refuses = 0
        _ = one.look()
        for stream in (names.SAVES, names.REPAIRS, names.ALERTS):
            assert one.sink.holes(stream) == [(15.0, 45.0, seen.trouble)]


def test_without_the_right_to_the_proxy_nothing_is_read_and_the_reason_is_said(tmp_path: Path) -> None:
    with bench(tmp_path, Pod("a")) as one:
        one.cluster.no_proxy = True
        seen = one.look()
        assert seen.pods[0].trouble == "the Kubernetes API: no right to pods/proxy (HTTP 403)"
        assert seen.pods[0].figure("p95_ms").value is None


def test_a_pod_that_comes_and_one_that_goes_are_marked_and_no_gap(tmp_path: Path) -> None:
    a, b = Pod("a"), Pod("b")
    with bench(tmp_path, a) as one:
        _ = one.look()
        a.down = a.leaving = True
        one.cluster.pods.append(b)
        _ = one.look()
        one.cluster.pods.remove(a)
        seen = one.look()
        assert [(pod.pod, pod.joined, pod.left) for pod in seen.pods] == [("a", False, True), ("b", True, False)]
        assert one.sink.gaps == []


def test_pods_that_are_there_at_the_first_list_have_not_joined(tmp_path: Path) -> None:
    with bench(tmp_path, Pod("a")) as one:
        one.cluster.refuses = 500
        _ = one.look()
        one.cluster.refuses = 0
        assert [pod.joined for pod in one.look().pods] == [False]


def test_a_document_whose_time_stands_still_is_an_old_copy(tmp_path: Path) -> None:
    with bench(tmp_path, Pod("a")) as one:
        _ = one.look()
        assert one.look(60).pods[0].trouble == ""
        assert one.look(60).pods[0].trouble == "an old copy: its timestamp stands still for 120 s"


def test_long_gaps_are_written_while_they_last(tmp_path: Path) -> None:
    pod = Pod("a", answers={"/api/metrics/observability": document(timestamp=None)})
    with bench(tmp_path, pod) as one:
        _ = one.look()
        good, pod.document = pod.document, 500
        for _ in range(5):
            _ = one.look(30)
        pod.document = good
        _ = one.look(30)
        written = [(start, end) for start, end, _ in one.sink.holes(names.SAVES)]
        assert written == [(15.0, 75.0), (15.0, 135.0), (15.0, 195.0)], "each time it has doubled, and at its end"


def test_behind_one_address_processes_that_take_turns_are_told_apart_by_their_start(tmp_path: Path) -> None:
    pod = Pod("a", answers={"/api/metrics/observability": document(timestamp=None, uptime_seconds=500.0)})
    with bench(tmp_path, pod, through="address") as one:
        _ = one.look()
        mine = pod.document
        _rose(pod, 5)
        assert one.look().pods[0].risen["validated"] == 5
        other = document(timestamp=None, uptime_seconds=90.0, schema__responses_validated_total=40)
        pod.document = other
        _ = one.look()
        pod.document = mine | {"uptime_seconds": mine["uptime_seconds"] + 15}
        seen = one.look()
        assert any("several processes answer under this name" in said for said in seen.contradictions)


def test_an_address_without_a_life_still_counts_and_a_fall_is_no_data(tmp_path: Path) -> None:
    pod = Pod("a", answers={"/api/metrics/observability": document(timestamp=None, uptime_seconds=None)})
    with bench(tmp_path, pod, through="address") as one:
        _ = one.look()
        _rose(pod, 5)
        _ = one.look()
        _rose(pod, -50)
        (said, *_) = one.look().contradictions
        assert said == "pod address: validated: went back from 105 to 55 and nothing tells of a restart"


def test_without_cluster_access_the_look_says_so(tmp_path: Path) -> None:
    with bench(tmp_path, Pod("a")) as one:
        one.reader._environment = msgspec.structs.replace(one.environment, context="")
        assert one.look().trouble == "the pods can't be listed: the profile gives no cluster access"
        one.reader._environment = msgspec.structs.replace(one.environment, context="none-such")
        assert "the kubeconfig can't be used" in one.look().trouble


def test_the_first_candidate_that_gives_a_document_is_kept(tmp_path: Path) -> None:
    pod = Pod("a", answers={"/old": 404})
    with bench(tmp_path, pod, paths=("/old", "/api/metrics/observability")) as one:
        assert one.look().pods[0].trouble == ""
        assert next(iter(one.reader._sources.values())).path == "/api/metrics/observability"
