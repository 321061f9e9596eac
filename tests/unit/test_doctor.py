"""The doctor says what is missing, exactly, quickly and without ever falling over."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import http.server
import io
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from harness import doctor, target
from harness.cli import doctor as command_line
from harness.cli.app import run
from harness.clock import SystemClock
from harness.doctor import address, cluster, machine, mistakes, settings
from harness.doctor.finding import Finding, State
from harness.target import (
    Api,
    Build,
    Environment,
    Escalation,
    GatewayRouting,
    Launch,
    Logs,
    NginxRouting,
    Target,
    UrlPairRouting,
)
from sandbox.kube import authz, pki
from sandbox.kube.server import ApiServer
from sandbox.kube.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

NGINX = NginxRouting(primary="onesource-ingress", canary="onesource-canary")
ARMS_FOUND: dict[target.Arm, str] = {"stable": "onesource", "canary": "onesource-canary"}
BUILD = Build(digest="sha256:" + "a1" * 32, commit="c0ffee1")
TOKENS = {
    "reader": "token-of-the-reader",
    "actor": "token-of-the-actor",
    "nobody": "token-of-nobody",
    "watcher": "token-of-a-watcher",
}
NOWHERE = "http://127.0.0.1:9"  # discard: nothing listens


class Cluster:
    """The sandbox's API server alone: real HTTPS, real rights, a few objects, no pods."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(lambda: datetime.datetime.now(datetime.UTC))
        for name in ("kube-system", "default"):
            _ = self.store.create("namespaces", {"kind": "Namespace", "metadata": {"name": name}})
        for name in ARMS_FOUND.values():
            self._add("deployments", "Deployment", "apps/v1", name, {"selector": {}, "template": {}})
        for name in ("onesource-ingress", "onesource-canary"):
            self._add("ingresses", "Ingress", "networking.k8s.io/v1", name, {})
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self._trust = pki.create(folder)
        rules = {
            "reader": authz.reader("default"),
            "actor": authz.actor("default"),
            "nobody": (),
            "watcher": authz.reader("default")[-1:],
        }
        users = {token: authz.User(role, ("system:authenticated",), rules[role]) for role, token in TOKENS.items()}
        self.api = ApiServer(self.store, users=users, logs=folder)
        self.port = self._do(self.api.start("127.0.0.1", 0, self._trust.server_context()))

    def _add(self, plural: str, kind: str, version: str, name: str, spec: dict[str, Any]) -> None:
        metadata = {"name": name, "namespace": "default"}
        _ = self.store.create(plural, {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})

    def _do(self, job: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(job, self.loop).result(timeout=10)

    @property
    def uid(self) -> str:
        return self.store.get("namespaces", "", "kube-system")["metadata"]["uid"]

    def kubeconfig(self, role: str = "reader", port: int | None = None) -> str:
        path = self.folder / f"{role}-{port}.kubeconfig"
        server = f"https://127.0.0.1:{port or self.port}"
        pki.kubeconfig(path, self._trust, [pki.Context("production", server, "default", TOKENS.get(role, role))])
        return str(path)

    def environment(self, role: str = "reader", **changed: Any) -> Environment:
        known: dict[str, Any] = {
            "kubeconfig": self.kubeconfig(role),
            "context": "production",
            "cluster_uid": self.uid,
            "deployments": ARMS_FOUND,
            "routing": NGINX,
        }
        return Environment(**{**known, **changed})

    def close(self) -> None:
        self._do(self.api.stop())
        _ = self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("kube"))
    yield made
    made.close()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No kubeconfig, and every request outside goes to a proxy that is not there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
        monkeypatch.setenv(name.lower(), NOWHERE)


@contextlib.contextmanager
def _answering(answers: dict[str, tuple[int, str, str]]) -> Generator[str]:
    """A web server with these answers by path: status, content type, body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = answers.get(self.path, (404, "text/plain", "no"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            _ = self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _states(found: list[Finding]) -> dict[str, State]:
    return {finding.what: finding.state for finding in found}


def _look(env: Environment, *, acting: bool = False) -> list[Finding]:
    return cluster.check("production", env, "here", acting=acting, environ={})


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("alone")
def test_the_example_profile_on_a_machine_without_access_says_exactly_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = time.monotonic()
    assert run(["doctor", "--target", "onesource"]) == 1
    assert time.monotonic() - began < 15
    said = capsys.readouterr()
    lacking = [line.split(": wanted")[0].removeprefix("missing").strip() for line in said.out.splitlines()]
    assert [name for name in lacking if name.startswith(("build", "production", "staging"))] == [
        "build stable",
        "build canary",
        "production: address",
        "production: kubeconfig",
        "production: cluster uid",
        "staging: address",
        "staging: kubeconfig",
        "staging: cluster uid",
    ]
    assert "kubectl --context production get namespace kube-system -o jsonpath={.metadata.uid}" in said.out
    assert "Traceback" not in said.out + said.err


@pytest.mark.usefixtures("alone")
def test_the_sandbox_needs_nothing_but_itself() -> None:
    assert run(["doctor", "--target", "sandbox"]) == 0


def test_findings_as_json_carry_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--target", "sandbox", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"what", "state", "wanted", "got", "where", "do"} == set(found[0])
    assert {"profile", "build stable", "build canary", "kubectl", "launch"} <= {one["what"] for one in found}


def test_a_profile_that_cannot_be_read_is_one_line_and_exit_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    _ = file.write_text('name = "x"\nenvironment = {}\n', encoding="utf-8")
    assert run(["doctor", "--target", str(file)]) == 4
    assert run(["doctor", "--target", "nowhere"]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 2
    assert "unknown field `environment`" in said.err
    assert "known profiles: onesource, sandbox" in said.err


def test_on_a_terminal_what_is_to_be_typed_stays_on_one_line() -> None:
    page = io.StringIO()
    command = "kubectl --context production get namespace kube-system -o jsonpath={.metadata.uid} --and --much --more"
    found = [Finding("tool", State.OK, "1", "1.0"), Finding("uid", State.MISSING, "one", "none", "here", command)]
    command_line.show(found, Console(file=page, force_terminal=True, width=80, no_color=True))
    assert f"  {command}\n" in page.getvalue()


# --- all together ----------------------------------------------------------------------------------------------------


def test_a_check_that_never_answers_is_a_finding_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hangs(*_args: object) -> list[Finding]:
        _ = ended.wait(20)
        return []

    monkeypatch.setattr(machine, "check", hangs)
    monkeypatch.setattr(doctor, "WITHIN_S", 0.2)
    began = time.monotonic()
    found = doctor.examine(Target("x", {}), "x.toml", SystemClock())
    assert time.monotonic() - began < 2
    ended.set()
    assert _states(found)["tools"] is State.MISSING
    assert _states(found)["profile"] is State.OK


def test_a_check_that_fails_is_a_finding_that_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> list[Finding]:
        raise RuntimeError("token=sesame")

    monkeypatch.setattr(machine, "check", fails)
    found = doctor.examine(Target("x", {}), "x.toml", SystemClock())
    tools = next(finding for finding in found if finding.what == "tools")
    assert tools.got == "RuntimeError in the check itself"
    assert "sesame" not in str(found)


def test_a_finding_reads_as_one_line() -> None:
    bad = Finding("tool", State.MISSING, "a tool", "none", "PATH", "install it")
    assert str(bad) == "missing  tool: wanted a tool, got none (PATH); install it"
    assert str(Finding("tool", State.OK, "1.0", "1.0")) == "ok       tool: 1.0"


# --- profile ---------------------------------------------------------------------------------------------------------


def test_a_profile_with_everything_in_it_is_ok(tmp_path: Path) -> None:
    owners: dict[Any, str] = dict.fromkeys(settings.LEVELS, "somebody")
    file = tmp_path / "file"
    _ = file.write_text("there\n", encoding="utf-8")
    told = Environment(token_file=str(file), redis="redis:6379", baseline=str(file))
    both = {"staging": told, "production": told}
    whole = Target("x", both, builds={"stable": BUILD, "canary": BUILD}, escalation=Escalation(owners))  # pyright: ignore[reportArgumentType]
    assert set(_states(settings.check(whole, "x.toml")).values()) == {State.OK}


def test_what_a_watch_is_not_told_is_a_warning_and_a_file_that_is_not_there_is_missing() -> None:
    both = {"staging": Environment(token_file="gone"), "production": Environment()}
    found = {f.what: f.state for f in settings.check(Target("x", both), "x.toml")}  # pyright: ignore[reportArgumentType]
    assert found["staging: token_file"] is State.MISSING
    for key in ("token_file", "redis", "baseline"):
        assert found[f"production: {key}"] is State.WARNING


@pytest.mark.parametrize(
    "build",
    [
        Build("sha256:abc", "c0ffee1"),
        Build("onesource/backend@sha256:" + "a1" * 32, "c0ffee1"),
        Build(BUILD.digest, "main"),
        Build(BUILD.digest, ""),
        Build("sha256:" + "A1" * 32, "c0ffee1"),
    ],
    ids=lambda build: f"{build.digest[:20]} {build.commit}",
)
def test_a_build_that_pins_nothing_is_missing(build: Build) -> None:
    found = settings.check(Target("x", {}, builds={"stable": build, "canary": BUILD}), "x.toml")
    assert _states(found)["build stable"] is State.MISSING
    assert _states(found)["build canary"] is State.OK


def test_an_environment_that_is_not_described_is_missing() -> None:
    found = settings.check(Target("x", {"staging": Environment()}), "x.toml")
    assert next(finding for finding in found if finding.what == "environments").got == "no production"


# --- machine ---------------------------------------------------------------------------------------------------------


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    _ = path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_tools_are_found_on_the_path_and_asked_for_their_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    _program(tmp_path, "kubectl", "echo Client Version: v9.9; echo more")
    _program(tmp_path, "allure", "exit 3")
    found = {finding.what: finding for finding in machine.check({"PATH": str(tmp_path)})}
    assert found["kubectl"].got == f"Client Version: v9.9 at {tmp_path}/kubectl"
    assert found["allure"].state is State.WARNING
    assert found["allure"].got == "one that fails"
    assert found["node"].state is State.WARNING


def test_without_kubectl_something_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    assert _states(machine.check({"PATH": str(tmp_path)}))["kubectl"] is State.MISSING


def test_a_target_whose_program_is_not_there_cannot_be_started() -> None:
    (found,) = machine.launches(Launch(command=("no-such-program",)), "x.toml", {"PATH": "/nowhere"})
    assert found.state is State.MISSING
    (found,) = machine.launches(Launch(command=()), "x.toml", {"PATH": "/nowhere"})
    assert found.state is State.MISSING


# --- address ---------------------------------------------------------------------------------------------------------

JSON = "application/json"


@pytest.mark.parametrize(
    ("answers", "got"),
    [
        ({"/version": (200, JSON, '{"version": {}}')}, ""),
        ({"/api/version": (200, JSON, '{"version": {}}')}, ""),
        ({"/version": (200, "text/html", "<html>"), "/api/version": (200, "text/html", "<html>")}, "no JSON"),
        ({"/api/version": (200, JSON, '{"error": "db"}')}, "an error document"),
        ({"/api/version": (200, JSON, '"1.5"')}, "no object but str"),
        ({"/api/version": (503, JSON, "{}")}, "status 503 from /api/version"),
        ({"/api/version": (301, JSON, "{}")}, "status 301 from /api/version"),
    ],
    ids=["well", "second candidate", "page fallback", "error document", "no object", "unavailable", "redirect"],
)
def test_an_address_counts_only_if_a_version_comes_from_it(answers: dict[str, tuple[int, str, str]], got: str) -> None:
    with _answering(answers) as url:
        (found,) = address.check("production", Environment(url=url), Api(), "x.toml")
    assert found.state is (State.MISSING if got else State.OK)
    assert got in found.got


@pytest.mark.parametrize("url", ["", NOWHERE, "onesource.ai", "ftp://onesource.ai", "http://[", "http://no host/"])
def test_an_address_that_leads_nowhere_is_missing_and_never_raises(url: str) -> None:
    (found,) = address.check("production", Environment(url=url), Api(), "x.toml")
    assert found.state is State.MISSING


def test_a_pair_of_addresses_is_asked_for_both() -> None:
    pair = UrlPairRouting(stable_url=NOWHERE, canary_url="")
    found = address.check("production", Environment(url=NOWHERE, routing=pair), Api(), "x.toml")
    assert [finding.what for finding in found] == [
        "production: address",
        "production: address of stable",
        "production: address of the canary",
    ]


def test_a_password_in_an_address_is_not_shown() -> None:
    (found,) = address.check("production", Environment(url="http://me:sesame@127.0.0.1:9/"), Api(), "x.toml")
    assert "sesame" not in str(found)


# --- cluster ---------------------------------------------------------------------------------------------------------


def test_a_cluster_that_a_reader_may_read_is_ok_and_rights_to_act_are_no_ones_need(kube: Cluster) -> None:
    assert {finding.what: finding.state for finding in _look(kube.environment(), acting=True)} == {
        "production: kubeconfig": State.OK,
        "production: cluster uid": State.OK,
        "production: rights to read": State.OK,
        "production: rights to watch": State.OK,
        "production: rights for planned lines": State.OK,
        "production: rights to act": State.WARNING,
        "production: deployment/onesource": State.OK,
        "production: deployment/onesource-canary": State.OK,
        "production: ingress/onesource-ingress": State.OK,
        "production: ingress/onesource-canary": State.OK,
    }


def test_rights_to_act_are_those_of_whoever_acts(kube: Cluster) -> None:
    found = {f.what: f.state for f in _look(kube.environment(act_kubeconfig=kube.kubeconfig("actor")), acting=True)}
    assert found["production: rights to act"] is State.OK
    gone = {f.what: f.state for f in _look(kube.environment(act_kubeconfig="/nowhere/kubeconfig"), acting=True)}
    assert gone["production: acting: kubeconfig"] is State.MISSING
    assert "production: rights to act" not in gone


def test_a_cluster_with_another_uid_is_missing_whatever_else_is_well(kube: Cluster) -> None:
    found = {f.what: f for f in _look(kube.environment(cluster_uid="11111111-2222-3333-4444-555555555555"))}
    assert found["production: cluster uid"].state is State.MISSING
    assert found["production: cluster uid"].got == kube.uid
    assert "another cluster" in found["production: cluster uid"].do


def test_a_cluster_that_is_not_pinned_is_missing_and_shows_how_to_pin_it(kube: Cluster) -> None:
    found = {f.what: f for f in _look(kube.environment(cluster_uid=""))}
    assert found["production: cluster uid"].state is State.MISSING
    assert kube.uid in found["production: cluster uid"].got
    assert "jsonpath={.metadata.uid}" in found["production: cluster uid"].do


def test_rights_that_lack_are_named_as_kubectl_takes_them(kube: Cluster) -> None:
    found = {f.what: f for f in _look(kube.environment("watcher"))}
    rights = found["production: rights to read"]
    assert rights.state is State.MISSING
    assert "list deployments.apps" in rights.got
    assert "list pods" in rights.got
    assert "get namespaces" not in rights.got
    assert rights.do.endswith("kubectl --context production -n default auth can-i list ingresses.networking.k8s.io")


def test_a_user_without_any_right_is_told_so(kube: Cluster) -> None:
    found = {f.what: f for f in _look(kube.environment("nobody"))}
    assert found["production: cluster uid"].got.startswith("HTTP 403 Forbidden")
    assert found["production: deployment/onesource"].got.startswith("HTTP 403 Forbidden")


def test_a_token_that_nobody_knows_is_told_so_and_not_shown(kube: Cluster) -> None:
    found = _look(kube.environment("sesame"))
    assert next(f.got for f in found if f.what == "production: cluster uid").startswith("HTTP 401 Unauthorized")
    assert "sesame" not in "".join(str(f) for f in found).replace("sesame-None.kubeconfig", "")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"routing": NginxRouting(primary="web", canary="onesource-canary")}, "ingress/web"),
        ({"deployments": {"stable": "backend"}}, "deployment/backend"),
        ({"namespace": "shop"}, "deployment/onesource"),
    ],
    ids=["primary", "deployment", "namespace"],
)
def test_an_object_that_is_not_there_is_named_with_its_key(kube: Cluster, changed: dict[str, Any], what: str) -> None:
    found = {f.what: f for f in _look(kube.environment(**changed))}[f"production: {what}"]
    assert found.state is State.MISSING
    assert found.got.startswith(("onesource", "HTTP 403 Forbidden"))
    assert found.do.endswith(f"get {what}")


def test_a_gateways_route_is_looked_for(kube: Cluster) -> None:
    route = GatewayRouting(route="web", stable_service="a", canary_service="b")
    found = {f.what: f for f in _look(kube.environment(routing=route))}
    assert found["production: httproute/web"].state is State.MISSING
    assert "list httproutes.gateway.networking.k8s.io" in found["production: rights to read"].got
    assert "ingress" not in found["production: rights to read"].got


def test_a_cluster_that_does_not_answer_ends_the_look(kube: Cluster) -> None:
    found = _look(kube.environment(kubeconfig=kube.kubeconfig(port=9)))
    assert [f.what for f in found] == ["production: kubeconfig", "production: cluster uid"]
    assert found[1].got.startswith("the API did not answer")


def test_the_rights_are_those_of_the_lists_that_a_run_reads() -> None:
    assert list(map(str, cluster.reads(Environment(routing=NGINX)))) == [
        "get namespaces",
        "list ingresses.networking.k8s.io",
        "list services",
        "list endpointslices.discovery.k8s.io",
        "list deployments.apps",
        "list replicasets.apps",
        "list pods",
        "list ingressclasses.networking.k8s.io",
    ]
    assert [right.resource for right in cluster.reads(Environment(routing=NGINX)) if right.cluster] == [
        "namespaces",
        "ingressclasses",
    ]


def test_a_context_that_is_not_in_the_file_is_missing(kube: Cluster) -> None:
    (found,) = _look(kube.environment(context="prod-eu"))
    assert found.state is State.MISSING
    assert "prod-eu" in found.got


@pytest.mark.parametrize("text", ["", "token: [sesame", "apiVersion: v1\nkind: Config\n", "\x00", "- a\n- b\n"])
def test_a_kubeconfig_that_is_none_is_missing_and_not_quoted(text: str, kube: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "config"
    _ = file.write_text(text, encoding="utf-8")
    (found,) = _look(kube.environment(kubeconfig=str(file)))
    assert found.state is State.MISSING
    assert "sesame" not in str(found)


@pytest.mark.parametrize(
    ("routing", "state"),
    [(NGINX, State.MISSING), (None, State.MISSING), (UrlPairRouting("http://a", "http://b"), State.WARNING)],
)
def test_no_context_is_a_weakness_only_where_addresses_are_all_there_is(
    routing: NginxRouting | UrlPairRouting | None, state: State
) -> None:
    (found,) = _look(Environment(routing=routing))
    assert found.state is state


def test_kubeconfig_files_may_be_several_as_kubectl_has_them(
    kube: Cluster, tmp_path: Path, environ: Callable[[str], dict[str, str]]
) -> None:
    several = environ(f"{tmp_path / 'absent'}:{kube.kubeconfig()}")
    found = cluster.check("production", kube.environment(kubeconfig=""), "here", acting=False, environ=several)
    assert _states(found)["production: cluster uid"] is State.OK


@pytest.fixture
def environ() -> Callable[[str], dict[str, str]]:
    return lambda kubeconfig: {"KUBECONFIG": kubeconfig}


# --- mistakes --------------------------------------------------------------------------------------------------------


def _mistakes(env: Environment, **target: Any) -> list[Finding]:
    return mistakes.in_cluster("production", Target("x", {"production": env}, **target), "x.toml", "here", {})


def test_mistakes_that_stand_in_a_cluster_are_wrong_and_name_the_right_command(kube: Cluster) -> None:
    found = _mistakes(kube.environment(deployments={"stable": "backend"}))
    one = next(finding for finding in found if finding.what == "D14")
    assert (one.state, one.where) == (State.WRONG, "production: deployment/backend")
    assert one.got.startswith("the profile's stable Deployment is not in default; there: onesource, onesource-canary")
    assert one.do.startswith("kubectl --context production -n default get deployments")


def test_mistakes_that_may_not_be_looked_for_are_a_warning(kube: Cluster) -> None:
    found = _mistakes(kube.environment("watcher"))
    assert {finding.state for finding in found} == {State.WARNING}
    assert "production: mistakes: D1" in {finding.what for finding in found}
    for env in (
        Environment(),
        kube.environment(context="prod-eu"),
        kube.environment(kubeconfig=kube.kubeconfig(port=9)),
    ):
        (one,) = _mistakes(env)
        assert (one.what, one.state) == ("production: mistakes", State.WARNING)
        assert one.got.endswith("their absence is not known")


def test_a_cluster_without_mistakes_says_which_were_looked_for(kube: Cluster) -> None:
    (one,) = _mistakes(kube.environment(), logs=Logs(selector=""))
    assert (one.what, one.state) == ("production: mistakes", State.OK)
    assert one.got == "none of D1, D2, D3, D4, D5, D11, D14, D15, D17 in default"


def test_a_runbook_with_a_mistake_ends_in_1_and_one_without_in_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = tmp_path / "bad.sh", tmp_path / "good.md"
    _ = bad.write_text("kubectl get pods\nhelm upgrade ingress-nginx x\n", encoding="utf-8")
    _ = good.write_text("```sh\nkubectl --context production -n default get pods\n```\n", encoding="utf-8")
    assert run(["doctor", "--runbook", str(bad), "--runbook", str(good)]) == 1
    said = capsys.readouterr().out
    assert "wrong    D14: wanted the cluster, namespace and Deployment of the profile, got kubectl get names no" in said
    assert f"({bad}:1); kubectl --context production -n default get pods\n" in said
    assert "note     D15: " in said
    assert "0 missing, 1 wrong, " in said
    assert run(["doctor", "--runbook", str(good)]) == 0
    assert "ok       runbook: none of D1 to D17 in 1 commands of 1 files" in capsys.readouterr().out


def test_a_note_alone_is_no_failure_and_a_line_that_cannot_be_read_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "note.sh"
    _ = file.write_text("helm upgrade ingress-nginx x\necho 'x\n", encoding="utf-8")
    assert run(["doctor", "--runbook", str(file)]) == 0
    said = capsys.readouterr().out
    assert f"warning  runbook: wanted shell that can be read, got a quote is never closed ({file}:2)" in said


def test_a_runbook_that_is_not_there_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--runbook", str(tmp_path / "gone.sh")]) == 4
    assert capsys.readouterr().err.count("\n") == 1
