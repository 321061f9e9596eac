"""Health is 200 and a document that says so, on every pod and through the ingress; a page is not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.observe.documents import HealthSeen, health
from harness.target import Environment, Target
from tests.unit.documents.product import Cluster, Kept, Pod
from tests.unit.observe.servers import free_port, kubeconfig, serving

if TYPE_CHECKING:
    from pathlib import Path


def _seen(folder: Path, cluster: Cluster, **environment: Any) -> HealthSeen:
    with serving(cluster.app) as url:
        given: dict[str, Any] = {"url": url, "kubeconfig": str(kubeconfig(folder, url)), "context": "prod"}
        where = Environment(**given | environment)
        sink = Kept()
        seen = asyncio.run(health(where, Target("t", {"production": where}), sink=sink))
    assert msgspec.convert(sink.notes["health"], HealthSeen) == seen
    return seen


def test_every_pod_and_the_ingress_are_asked(tmp_path: Path) -> None:
    seen = _seen(tmp_path, Cluster(Pod("a"), Pod("b")))
    assert [(one.at, one.good, one.path) for one in seen.answers] == [
        ("pod a", True, "/healthz"),
        ("pod b", True, "/healthz"),
        ("the ingress", True, "/healthz"),
    ]
    assert seen.flags == {"a": True, "b": True}


def test_the_clusters_word_on_each_pod_stands_beside_its_own(tmp_path: Path) -> None:
    seen = _seen(tmp_path, Cluster(Pod("a"), Pod("b", running=False)))
    assert [(one.at, one.good, one.ready) for one in seen.answers] == [
        ("pod a", True, True),
        ("pod b", True, False),
        ("the ingress", True, None),
    ]


def test_the_second_candidate_counts_if_it_is_the_one_there_is(tmp_path: Path) -> None:
    answers = {"/healthz": 404, "/api/health": {"ok": True}, "/version": 404}
    answers |= {"/api/version": {"flags": {"unified_pipeline": False}}}
    seen = _seen(tmp_path, Cluster(Pod("a", answers=answers)))
    assert [(one.good, one.path) for one in seen.answers] == [(True, "/api/health")] * 2
    assert seen.flags == {"a": False}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, "HTTP 500"),
        (404, "HTTP 404"),
        ({"error": "x"}, 'HTTP 200 with {"error"}'),
        ({"status": "degraded"}, "HTTP 200, but its status is 'degraded'"),
        ({"ok": False}, "HTTP 200, but its ok is false"),
        ({"hello": 1}, "says nothing of health"),
        (b"ok", "what is not JSON"),
    ],
)
def test_any_other_answer_is_not_health(tmp_path: Path, answer: Any, said: str) -> None:
    seen = _seen(tmp_path, Cluster(Pod("a", answers={"/healthz": answer})))
    assert not any(one.good for one in seen.answers)
    assert all(one.asked and said in one.said for one in seen.answers)


def test_a_page_for_every_path_is_not_health(tmp_path: Path) -> None:
    seen = _seen(tmp_path, Cluster(Pod("a", page=True)))
    assert all("HTML" in one.said and not one.good for one in seen.answers)
    assert seen.flags == {"a": None}
    assert "HTML" in seen.no_flag["a"]


def test_a_pod_that_is_down_is_asked_and_one_that_leaves_is_not(tmp_path: Path) -> None:
    seen = _seen(tmp_path, Cluster(Pod("a", down=True), Pod("b", leaving=True), Pod("c")))
    assert [(one.at, one.good) for one in seen.answers] == [("pod a", False), ("pod c", True), ("the ingress", True)]


def test_without_rights_or_access_no_pod_is_asked(tmp_path: Path) -> None:
    cluster = Cluster(Pod("a"))
    assert "no cluster access" in _seen(tmp_path, cluster, context="").trouble
    cluster.no_proxy = True
    pod, ingress = _seen(tmp_path, cluster).answers
    assert (pod.asked, ingress.asked) == (False, True)
    cluster.refuses = 403
    assert _seen(tmp_path, cluster).trouble == "the pods can't be listed: HTTP 403"


@pytest.mark.parametrize(("url", "asked"), [("", False), ("http://none.invalid", False), ("refused", True)])
def test_an_ingress_without_an_address_is_not_asked_and_one_that_refuses_is(
    tmp_path: Path, url: str, *, asked: bool
) -> None:
    seen = _seen(tmp_path, Cluster(Pod("a")), url=f"http://127.0.0.1:{free_port()}" if url == "refused" else url)
    assert (seen.answers[-1].asked, seen.answers[-1].good) == (asked, False)
