"""Each mistake of the runbook is found in its file and no other is; a right runbook has none."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness import lint, runbook, target
from harness.errors import UsageError
from harness.lint import Level
from harness.lint.files import look
from harness.lint.names import Known
from harness.lint.page import parse

HERE = Path(__file__).parent
MISTAKES = sorted((HERE / "mistakes").iterdir())
SANDBOX = target.load("sandbox")
K = "kubectl --context production -n default"


def found(text: str, suffix: str = ".sh", profile: target.Target = SANDBOX) -> list[lint.Finding]:
    return look(parse(text, suffix, f"typed{suffix}", Known(profile, "sandbox")))


def errors(text: str, suffix: str = ".sh") -> list[str]:
    return [one.id for one in found(text, suffix) if one.level is Level.ERROR]


@pytest.mark.parametrize("file", MISTAKES, ids=lambda file: file.name)
def test_a_mistake_is_found_in_its_file_and_no_other_is(file: Path) -> None:
    wanted = f"D{int(re.findall(r'[0-9]+', file.stem)[0])}"
    report = lint.check([file], SANDBOX, "sandbox")
    assert {one.id for one in report.findings if one.level is Level.ERROR or one.id == wanted} == {wanted}
    assert {one.id for one in report.findings} <= {wanted, "D15"}
    assert report.unread == ()


def test_there_is_a_file_for_each_mistake_that_a_line_guards_against() -> None:
    guarded = {mistake for line in runbook.lines().values() for mistake in line.corrects}
    assert {f"D{int(re.findall(r'[0-9]+', file.stem)[0])}" for file in MISTAKES} == guarded == set(lint.WANTED)


def test_a_folder_is_looked_through_file_by_file() -> None:
    report = lint.check([HERE / "mistakes"], SANDBOX, "sandbox")
    assert report.files == len(MISTAKES)
    assert {one.id for one in report.findings} == set(lint.WANTED)


def test_each_finding_has_a_place_a_consequence_and_a_command_that_can_be_typed() -> None:
    for one in lint.check([HERE / "mistakes"], SANDBOX, "sandbox").findings:
        name, _, line = one.where.rpartition(":")
        assert 0 < int(line) <= len(Path(name).read_text(encoding="utf-8").split("\n"))
        assert one.says
        assert one.consequence
        first = shlex.split(one.command, comments=True)[0]
        assert first in {"kubectl", "gate", "curl", "pytest"} or first.startswith("S=")
        assert "\n" not in str(one)
        if first == "kubectl":
            assert one.command.startswith("kubectl --context ")


def test_the_right_commands_have_no_mistake_themselves() -> None:
    for one in lint.check([HERE / "mistakes"], SANDBOX, "sandbox").findings:
        if one.id not in {"D13", "D14", "D15", "D1", "D2"} or one.command.startswith("gate"):
            assert errors(one.command) == ["D5"] * ("canary-weight" in one.command), one


def test_a_right_runbook_has_none() -> None:
    report = lint.check([HERE / "right" / "runbook.md"], SANDBOX, "sandbox")
    assert (report.findings, report.unread) == ((), ())
    assert report.commands >= 25


def test_right_commands_by_hand_are_only_told_of_the_retired_controller() -> None:
    report = lint.check([HERE / "right" / "by-hand.sh"], SANDBOX, "sandbox")
    assert [(one.id, one.level) for one in report.findings] == [("D15", Level.INFO)]
    assert report.unread == ()


def test_the_places_are_those_of_the_file() -> None:
    report = lint.check([HERE / "mistakes" / "D04.md"], SANDBOX, "sandbox")
    assert [one.where.rpartition(":")[2] for one in report.findings if one.id == "D4"] == ["11", "16"]


def test_names_are_those_of_the_environment_that_the_command_means() -> None:
    (one,) = found("kubectl --context staging -n staging logs -l app=onesource")
    assert one.command.startswith("kubectl --context staging -n staging logs -l app=onesource,component=backend ")
    assert "--tail=-1" in one.command


def test_a_path_without_commands_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"wanted a file or a folder, got nothing there"):
        _ = lint.check([tmp_path / "gone"], SANDBOX, "sandbox")
    with pytest.raises(UsageError, match=r"got a folder without any"):
        _ = lint.check([tmp_path], SANDBOX, "sandbox")
    file = tmp_path / "raw.sh"
    _ = file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"bytes that are no UTF-8"):
        _ = lint.check([file], SANDBOX, "sandbox")


def test_what_cannot_be_read_is_said_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "half.sh"
    _ = file.write_text("echo 'never closed\nkubectl get pods\n", encoding="utf-8")
    report = lint.check([file], SANDBOX, "sandbox")
    assert report.unread == (f"{file}:1: a quote is never closed",)
    assert [one.id for one in report.findings] == ["D14"]


def test_a_profile_without_environments_still_has_names() -> None:
    (one,) = found(f"{K} logs -l app=x", profile=target.Target("x", {}))
    assert one.id == "D6"


NOTE = "nginx.ingress.kubernetes.io/"
MARK = f'{{"metadata":{{"annotations":{{"{NOTE}canary":"true"}}}}}}'
STEP = '[{"op":"add","path":"/metadata/annotations/nginx.ingress.kubernetes.io~1canary","value":"true"}]'


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        (f"# {K} patch ingress onesource-ingress -p '{MARK}'", []),
        (f"{K} annotate ingress onesource-ingress {NOTE}canary- {NOTE}canary-weight-", []),
        (f"{K} annotate ingress/onesource-ingress {NOTE}canary-weight=30 {NOTE}canary-by-cookie=c", ["D1"]),
        (f"{K} patch ing onesource-ingress --type=json -p '{STEP}'", ["D1"]),
        (f"{K} annotate ingress/another {NOTE}canary=true", ["D14"]),
        ("curl -H 'Cookie: theme=dark; canary=enabled' https://a.test/", ["D2"]),
        ("curl -H 'Cookie: beta-canary=always' https://a.test/", ["D2"]),
        ("curl -b cookies.txt https://a.test/", []),
        ("curl -H 'X-Canary: never' https://a.test/", []),
        ("curl -H \"X-Canary: $ARM\" https://a.test/", []),
        (f"{K} annotate ingress/onesource-canary {NOTE}canary=False", ["D3"]),
        (f"{K} annotate ingress/onesource-canary {NOTE}canary-weight=0", []),
        (f"{K} annotate ingress/onesource-canary {NOTE}canary-weight=100", []),
        (f"{K} annotate ingress/onesource-canary {NOTE}canary-weight=20", ["D5"]),
        (f"{K} annotate ingress/onesource-canary {NOTE}canary-weight=20\ncurl -b canary=always https://a.test/", []),
        (f"{K} patch ing onesource-canary -p 'metadata: {{annotations: {{{NOTE}canary-by-cookie: true}}}}'", ["D4"]),
    ],
)  # fmt: skip
def test_routing(typed: str, ids: list[str]) -> None:
    assert errors(typed) == ids


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        (f"{K} logs -l app=onesource --tail=-1", []),
        (f"{K} logs -l app=onesource --tail -1 --since=1h | wc -l", []),
        (f"{K} logs -l app=onesource --tail=200", []),
        (f"{K} logs -l app=onesource --tail=200 | wc -l", ["D6"]),
        (f"{K} logs -l app=onesource -f", []),
        (f"{K} logs -f -l app=onesource | grep -c x", ["D6"]),
        (f"{K} logs deployment/onesource | grep latency_ms | wc -l", []),
        (f"{K} logs deployment/onesource | grep -v ERROR | wc -l", []),
        (f"{K} logs deployment/onesource | grep ERROR", []),
        (f"{K} logs deployment/onesource | grep ERROR | wc -l", ["D7"]),
        (f"{K} logs deployment/onesource | grep -c '5[0-9][0-9]'", ["D7"]),
        (f"{K} logs deployment/onesource | egrep -c '\"status\":\\s*5..'", []),
        (f"{K} logs deployment/onesource | grep -Fc '\"level\": \"ERROR\"'", []),
        (f"{K} logs deployment/onesource | jq -R 'fromjson? | select(.status >= 500) | .error' | grep -c error", []),
        (f"{K} logs deployment/onesource | grep -c 'schema_repair'", ["D9"]),
        (f"{K} logs deployment/onesource | grep -c '\"event\": \"schema_repair\"'", []),
        (f"{K} logs deployment/onesource | grep 'error\\|timeout' | wc -l", ["D7"]),
        ("zcat backend.log.2.gz | grep -ci exception", ["D7"]),
        ("grep -c ERROR /var/log/onesource/backend.log", ["D7"]),
        ("grep -c ERROR README", []),
        (f"{K} logs deployment/onesource | awk '$3 > 0 {{ n++ }} END {{ print n }}'", ["D8"]),
        (f"{K} logs deployment/onesource | awk '{{ print $NF }}'", []),
        (f"{K} logs deployment/onesource | grep latency_ms | tail -100", []),
        (f"{K} logs deployment/onesource | grep latency_ms | tail", ["D10"]),
        (f"{K} logs deployment/onesource --tail=50 | jq -R 'fromjson? | .latency_ms'", ["D10"]),
        (f"{K} logs deployment/onesource | tail -20", []),
        ("curl -s https://a.test/api/metrics/observability | jq .schema", ["D12"]),
        ("curl -s https://a.test/api/metrics/observability | jq -e .schema", []),
        ("curl -s https://a.test/api/metrics/observability > m.json; jq .schema m.json", ["D12"]),
        ("curl -s https://a.test/version | jq .version", []),
        ("curl -s https://a.test/metrics | grep schema_repairs_total", []),
    ],
)  # fmt: skip
def test_counting(typed: str, ids: list[str]) -> None:
    assert errors(typed) == ids


FLAG = f"{K} set env deployment/onesource CONV_STORE_PRIMARY=mongo"
SAFE = "USE_UNIFIED_PIPELINE=0 CONV_STORE_PRIMARY=mongo"
DOWN = f"{K} annotate --overwrite ingress/onesource-canary {NOTE}canary-by-header=X-Canary {NOTE}canary-weight="


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        (f"{K} get deployment onesource -o yaml | grep FEATURE", ["D11"]),
        (f"{K} describe deploy/onesource | grep USE_UNIFIED_PIPELINE", ["D11"]),
        (f"{K} get deployment onesource -o yaml | grep FEATURE\n{K} get cm onesource-config -o yaml", []),
        (f"{K} get deployment onesource -o yaml | grep image:", []),
        (f"{K} rollout status deployment/onesource --timeout=600s", []),
        (f"# roll back\n{K} rollout status deployment/onesource --timeout=120s", ["D13"]),
        (f"# roll back\ntimeout 2m {K} rollout status deployment/onesource", ["D13"]),
        (f"# roll back\n{K} rollout status deployment/onesource --timeout=119s", []),
        (f"{FLAG}\n{K} rollout status deployment/onesource --timeout=2m", ["D13"]),
        ("kubectl get pods", ["D14"]),
        ("kubectl -n default get pods", []),
        ("kubectl get pods -A", []),
        ("kubectl get nodes; kubectl version; kubectl config view; kubectl get ns", []),
        ("kubectl -n default apply -f x.yaml", ["D14"]),
        ("export KUBECONFIG=~/.kube/production\nkubectl -n default apply -f x.yaml", []),
        ("kubectl config use-context production\nkubectl -n default delete pod x", []),
        ("kubectl config set-context --current --namespace=default\nkubectl get pods", []),
        (f"{K} rollout restart deploy onesource-api", ["D14"]),
        (f"{K} rollout restart deploy $NAME", []),
        (f"{K} set env deployment/onesource {SAFE}", ["D16"]),
        (f"{K} set env deployment/onesource {SAFE}\n{DOWN}0", []),
        (f"{K} set env deployment/onesource {SAFE}\ngate rollback canary --act", []),
        (f"{K} set env deployment/onesource USE_UNIFIED_PIPELINE=0", []),
        (f"{K} set env deployment/onesource USE_UNIFIED_PIPELINE=1 CONV_STORE_PRIMARY=redis", []),
        (f"for w in 10 5 0; do {DOWN}$w; done", []),
        (f"for w in 10 5 20 0; do {DOWN}$w; done", ["D16"]),
        (f"for w in {{75..0..25}}; do {DOWN}${{w}}; done", ["D16"]),
        (f"for w in $(seq 60 -20 0); do {DOWN}\"$w\"; done", ["D16"]),
        (f"for w in 25 50 100; do {DOWN}$w; done", []),
        (f"{DOWN}75\nsleep 300\n{DOWN}50\nsleep 300\n{DOWN}0", ["D16"]),
        (f"{DOWN}50\n{DOWN}100\n{DOWN}0", []),
    ],
)  # fmt: skip
def test_acting(typed: str, ids: list[str]) -> None:
    assert errors(typed) == ids


ASK = "curl -fsS https://a.test/api/chat/ask"


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        (f"{K} get pods -l version=stable", ["D17"]),
        (f"{K} get pods -l version=v1.5.0", []),
        (f"{K} logs deployment/onesource | grep response_time_ms", ["D17"]),
        (f"{ASK} -d '{{\"question\":\"hello?\",\"session_id\":\"s\"}}'", ["D17"]),
        (f"{ASK} -d \"{{\\\"question\\\":\\\"hello?\\\",\\\"session_id\\\":\\\"$S\\\"}}\"", []),
        (f"{ASK} -d '{{\"question\":\"hello?\"}}'", []),
        (f"# remembers?\n{ASK} -d '{{\"question\":\"what did I say?\"}}'", ["D17"]),
        (f"# remembers?\nfor q in a b c; do {ASK} -d \"{{\\\"question\\\":\\\"$q\\\"}}\"; done", []),
        (f"# error rate\n{K} logs deployment/onesource | grep -i error | sort | head -20", ["D17"]),
        (f"{K} logs deployment/onesource | grep -i error | sort", []),
    ],
)  # fmt: skip
def test_asking(typed: str, ids: list[str]) -> None:
    assert errors(typed) == ids


def test_a_heading_may_promise_several_turns_too() -> None:
    text = f'## Conversation memory\n```sh\n{ASK} -d \'{{"question":"what did I say?"}}\'\n```\n'
    assert errors(text, ".md") == ["D17"]


def test_secrets_of_a_command_are_not_repeated() -> None:
    typed = "kubectl --token=sesame set env deployment/onesource API_KEY=sesame FLAG=1"
    (one,) = found(typed)
    assert "sesame" not in str(one)
    assert "API_KEY=..." in one.command
    assert "FLAG=1" in one.command
