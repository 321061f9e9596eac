"""The collector as a process: everything planned, honest when something is missing, and quick to end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.evidence import names, tally
from harness.evidence.store import Reader
from harness.judge import routing, share
from harness.observe import routing as routes
from harness.observe.collector.__main__ import main
from harness.observe.snapshot import from_json
from harness.target import Target, UrlPairRouting
from harness.verdict import Outcome, Reason
from tests.unit.observe.objects import MARKED, endpoints, ingress, ingress_class, owned, pod, service
from tests.unit.observe.servers import NEW, OLD, Api, Product, free_port, kubeconfig, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGESTS = {"stable": "sha256:" + "a" * 64, "canary": "sha256:" + "b" * 64}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[str]:
    """Give the kubeconfig of a cluster with a 10% canary."""
    found = Api(
        {
            "ingresses": [ingress("main", "onesource"), ingress("main-canary", "onesource-canary", MARKED)],
            "ingressclasses": [ingress_class()],
            "services": [service("onesource"), service("onesource-canary")],
            "endpointslices": [endpoints("onesource", 1), endpoints("onesource-canary", 1)],
            "deployments": [owned("onesource"), owned("onesource-canary")],
            "replicasets": [owned("rs-1", "onesource"), owned("rs-2", "onesource-canary")],
            "pods": [pod("s-1", "rs-1", DIGESTS["stable"]), pod("c-1", "rs-2", DIGESTS["canary"])],
        }
    )
    with serving(found.app) as url:
        yield str(kubeconfig(tmp_path, url))


def prepared(run: Path, url: str, config: str = "", **probes: object) -> Target:
    """Write the profile into the run's folder."""
    production = {
        "url": url,
        "kubeconfig": config,
        "context": "prod" if config else "",
        "deployments": {"stable": "onesource", "canary": "onesource-canary"},
        "routing": {"kind": "nginx-ingress", "primary": "main", "canary": "main-canary"},
    }
    builds = {arm: {"digest": DIGESTS[arm], "commit": {"stable": OLD, "canary": NEW}[arm]} for arm in DIGESTS}
    limits = {"rate_per_s": 5_000.0, "conversations": 2, "turns": 3, "timeout_s": 1.0} | probes
    watch = {"for_s": 2.0, "window_s": 1.0, "slice_s": 1.0, "largest_gap_s": 2.0}
    given = {
        "name": "test",
        "rehearsal": True,
        "environments": {"production": production},
        "builds": builds,
        "probes": limits,
        "watch": {"canary": watch},
        "load": {"requests_per_s": 20.0, "think_s": 0.1},
        "metrics": {"every_s": 1.0},
    }
    target = msgspec.convert(given, Target)
    _ = (run / "target.json").write_bytes(msgspec.json.encode(target))
    return target


def started(run: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.observe.collector", "--run", str(run), "--phase", "canary"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str], within_s: float = 20.0) -> int:
    """Wait without closing its standard input; give its exit code."""
    with process:
        code = process.wait(within_s)
        assert process.stdout is not None
        assert process.stdout.read() == ""
        return code


def test_a_canary_is_observed_whole_and_judged_met(tmp_path: Path, api: str) -> None:
    with serving(Product().app) as url:
        target = prepared(tmp_path, url, api, users=2)
        assert main(["--run", str(tmp_path), "--phase", "canary"]) == 0
    reader = Reader(tmp_path)
    assert reader.collector() == "finished"
    route = routes.read(target.environments["production"], from_json(reader.snapshot(names.cluster("production"))))
    assert routing.wired_safely(route, 10, 20).outcome is Outcome.MET
    plain = tally.answers(reader.stream(names.PLAIN))
    assert plain.asked == share.asks_for(0.10)
    assert plain.complete
    for way in ("header", "cookie"):
        arms = [tally.answers(reader.stream(names.pinned(way, arm))) for arm in ("canary", "stable")]
        assert routing.reaches(arms[0], arms[1], 59, way).outcome is Outcome.MET
    talks = [reader.stream(names.talk(way, arm)) for way in ("header", "cookie") for arm in ("stable", "canary")]
    assert routing.stays_on_one_version(tally.conversations(talks, turns=3), need=8).outcome is Outcome.MET
    assert reader.probes(names.USERS)
    assert json.loads((tmp_path / "identity.json").read_text(encoding="utf-8")) == {
        "cluster_uid": "uid-1",
        "image_digests": {arm: [digest] for arm, digest in DIGESTS.items()},
    }
    log = (tmp_path / "collector.log").read_text(encoding="utf-8")
    assert "plain: 4500 asks" in log
    assert "hush" not in log


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "silent"])
def test_a_dead_target_ends_quickly_as_no_data(tmp_path: Path, *, silent: bool) -> None:
    with serving(Product(hang=True).app) as hanging:
        url = hanging if silent else f"http://127.0.0.1:{free_port()}"
        _ = prepared(tmp_path, url, timeout_s=0.5)
        begun = time.monotonic()
        assert main(["--run", str(tmp_path), "--phase", "canary"]) == 1
        assert time.monotonic() - begun < 30  # 4,500 time-outs in a row would take an hour
    reader = Reader(tmp_path)
    plain = tally.answers(reader.stream(names.PLAIN))
    verdict = share.splits_as_configured(0.1, plain)
    assert verdict.reason is Reason.NO_DATA
    assert ("time-outs" if silent else "refused connections") in verdict.because
    assert json.loads((tmp_path / "identity.json").read_text(encoding="utf-8"))["cluster_uid"] is None


@pytest.mark.parametrize("how", ["SIGTERM", "stdin", "a last word"])
def test_it_ends_when_told_and_keeps_what_is_in(tmp_path: Path, how: str) -> None:
    with serving(Product().app) as url:
        _ = prepared(tmp_path, url, rate_per_s=200.0, pinned_asks=10)
        process = started(tmp_path)
        reader = Reader(tmp_path)
        deadline = time.monotonic() + 10
        while not reader.probes(names.PLAIN):
            assert time.monotonic() < deadline, "the collector asked nothing"
            time.sleep(0.05)
        begun = time.monotonic()
        if how == "SIGTERM":
            process.send_signal(signal.SIGTERM)
        else:
            assert process.stdin is not None
            _ = process.stdin.write("" if how == "stdin" else "P2-SLO-04 is\nviolated")
            process.stdin.close()
        assert ended(process) == 3
        assert time.monotonic() - begun < 2
    assert reader.collector() == "stopped"
    assert reader.stream("header-canary").complete
    plain = reader.stream(names.PLAIN)
    assert not plain.complete
    why = {"SIGTERM": "SIGTERM", "stdin": "standard input closed", "a last word": "P2-SLO-04 is violated"}[how]
    assert plain.why == f"stream running, collector stopped: {why}"
    assert plain.probes
    assert share.splits_as_configured(0.1, tally.answers(plain)).reason is Reason.INTERRUPTED


def test_a_killed_one_leaves_no_stream_done_that_was_not(tmp_path: Path) -> None:
    with serving(Product().app) as url:
        _ = prepared(tmp_path, url, rate_per_s=200.0, pinned_asks=10)
        process = started(tmp_path)
        reader = Reader(tmp_path)
        deadline = time.monotonic() + 10
        while not reader.stream("header-canary").complete:
            assert time.monotonic() < deadline, "the collector asked nothing"
            time.sleep(0.05)
        process.kill()
        assert ended(process) == -signal.SIGKILL
    assert reader.collector() == "dead"
    assert not reader.stream(names.PLAIN).complete


def test_another_phase_is_only_identified(tmp_path: Path, api: str) -> None:
    with serving(Product().app) as url:
        _ = prepared(tmp_path, url, api)
        assert main(["--run", str(tmp_path), "--phase", "rollout"]) == 0
    reader = Reader(tmp_path)
    assert reader.streams() == ()
    assert from_json(reader.snapshot(names.cluster("production"))).uid == "uid-1"


def test_an_environment_that_the_profile_has_not_is_missing(tmp_path: Path) -> None:
    _ = prepared(tmp_path, "http://127.0.0.1:1")
    assert main(["--run", str(tmp_path), "--phase", "staging"]) == 1
    found = from_json(Reader(tmp_path).snapshot(names.cluster("staging")))
    assert "no environment" in found.uid_error


@pytest.mark.parametrize("text", [None, "{", '{"name": 3}'])
def test_a_run_without_a_readable_profile_is_wrong_use_in_one_line(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        _ = (tmp_path / "target.json").write_text(text, encoding="utf-8")
    assert main(["--run", str(tmp_path), "--phase", "canary"]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "target.json" in said


def test_two_plain_addresses_are_observed_by_address_and_decide_nothing_about_headers(tmp_path: Path) -> None:
    with serving(Product(always=OLD).app) as stable_url, serving(Product(always=NEW).app) as canary_url:
        target = prepared(tmp_path, "")
        routing_by_url = UrlPairRouting(stable_url, canary_url)
        pair = msgspec.structs.replace(target.environments["production"], routing=routing_by_url)
        target = msgspec.structs.replace(target, environments={"production": pair})
        _ = (tmp_path / "target.json").write_bytes(msgspec.json.encode(target))
        assert main(["--run", str(tmp_path), "--phase", "canary"]) == 1, "no cluster access: its snapshot is missing"
    reader = Reader(tmp_path)
    by_url = [tally.answers(reader.stream(names.pinned("url", arm))) for arm in ("canary", "stable")]
    assert routing.reaches(by_url[0], by_url[1], 59, "url").outcome is Outcome.MET
    by_header = tally.answers(reader.stream("header-canary"))
    assert routing.reaches(by_header, by_header, 59, "header").reason is Reason.NO_DATA
    route = routes.read(pair, from_json(reader.snapshot(names.cluster("production"))))
    assert routing.wired_safely(route, 10, 20).reason is Reason.NO_DATA
    plain = tally.answers(reader.stream(names.PLAIN))
    assert share.splits_as_configured(route.share, plain).reason is Reason.NO_DATA
