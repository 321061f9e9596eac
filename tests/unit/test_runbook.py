"""The lines of the runbook: complete, well formed, each with a test or the word that there is none yet."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import runbook
from harness.errors import UsageError
from harness.target import Arm, Environment, GatewayRouting, NginxRouting, Target, UrlPairRouting
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
COUNT = {  # how many lines each group has; ids are for ever, so a count only grows
    "P1-PRE": 3, "P1-EXE": 5, "P1-SLO": 6, "P1-PASS": 4,
    "P2-RTE": 6, "P2-MON": 2, "P2-SLO": 6, "P2-PASS": 4,
    "P3-CHK": 5, "P3-ROLL": 5,
    "RB-EMG": 3, "RB-CAN": 2, "RB-STG": 1,
    "FF": 4, "PD": 6, "BB": 8, "AX": 9,
    "TS-LAT": 3, "TS-SCH": 2, "TS-CTX": 1,
    "EN": 2, "ES": 1, "BY": 6,
}  # fmt: skip
IDS = [f"{group}-{number:02}" for group, count in COUNT.items() for number in range(1, count + 1)]
PHASE_OF = {
    "P1": "staging", "P2": "canary", "P3": "rollout", "RB": "rollback", "FF": "flags",
    "PD": "postdeploy", "BB": "bugbash", "AX": "a11y", "TS": "troubleshoot",
}  # fmt: skip
UNITS = {"percent", "points", "s", "ms", "min", "h", "px"}
COUNTED = {"answers", "saves", "sessions", "renders", "conversations", "turns", "turn", "restarts", "pages"}
PURE = {"findings", "requests", "reads", "give", "alpha", "contrast"}

LINES = runbook.lines()


def _tested() -> Iterator[tuple[str, str]]:
    """Give every (line, test function) that suites/ holds."""
    for path in sorted((ROOT / "suites").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.runbook":
                        yield ast.literal_eval(mark.args[0]), node.name


def _target(
    routing: NginxRouting | GatewayRouting | UrlPairRouting | None, kubeconfig: str = "", *, acts: bool = False
) -> Target:
    deployments: dict[Arm, str] = {"stable": "backend", "canary": "backend-new"}
    production = Environment(
        kubeconfig=kubeconfig, context="prod-eu", namespace="shop", deployments=deployments, routing=routing
    )
    staging = Environment(context="stage", namespace="staging", deployments=deployments)
    return Target("acme", {"production": production, "staging": staging}, allows_acting=acts)


NGINX = NginxRouting(primary="web", canary="web-canary")


def test_every_line_of_the_runbook_is_there_and_no_other() -> None:
    assert sorted(LINES) == sorted(IDS)
    assert len(set(IDS)) == len(IDS) == 94


@pytest.mark.parametrize("line", LINES.values(), ids=list(LINES))
def test_a_line_has_a_test_or_is_planned_and_never_both(line: runbook.Line) -> None:
    names = [name for key, name in _tested() if key == line.id]
    assert bool(names) != line.planned, f"{line.id}: planned = {line.planned}, tests {names}"
    token = line.id.lower().replace("-", "_")
    assert all(token in name for name in names), f"{names}: wanted {token} in the name, so that one search finds all"


def test_no_test_names_a_line_that_does_not_exist() -> None:
    assert {key for key, _ in _tested()} <= set(LINES)


@pytest.mark.parametrize("line", LINES.values(), ids=list(LINES))
def test_a_line_is_one_plain_sentence_in_its_own_phase(line: runbook.Line) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{20,160}[^.\s]", line.says)
    prefix = line.id.partition("-")[0]
    assert line.phases[0] == PHASE_OF.get(prefix, line.phases[0])
    assert len(set(line.phases)) == len(line.phases)
    assert set(line.phases) <= {*runbook.PHASES, *runbook.SELECTORS}


@pytest.mark.parametrize("line", LINES.values(), ids=list(LINES))
def test_the_last_word_of_a_limit_says_what_it_counts(line: runbook.Line) -> None:
    assert {name.split("_")[-1] for name in line.limits} <= UNITS | COUNTED | PURE
    assert all(number >= 0 for number in line.limits.values())


def test_only_the_runbooks_known_mistakes_are_guarded_against_and_all_of_them_are() -> None:
    guarded = {mistake for line in LINES.values() for mistake in line.corrects}
    assert guarded == {f"D{number}" for number in range(1, 18)}


def test_lines_that_change_the_target_are_those_of_drills_rollouts_and_flags() -> None:
    acting = {key for key, line in LINES.items() if line.acts}
    assert acting == {key for key in IDS if key.startswith(("RB-", "P3-ROLL-")) or key in {"FF-02", "FF-03", "FF-04"}}


def test_the_environment_line_of_a_phase_is_the_one_of_its_environment() -> None:
    wanted = {"staging": "EN-01", "production": "EN-02"}
    for phase, environment in runbook.PHASES.items():
        assert {"EN-01", "EN-02"} & set(runbook.of_phase(phase)) == {wanted[environment]}
        assert "ES-01" in runbook.of_phase(phase)


def test_the_context_marker_selects_across_phases_and_takes_each_lines_own_environment() -> None:
    selected = runbook.of_phase("context")
    assert set(selected) == {"P1-EXE-04", "PD-02", "TS-CTX-01", "BY-04"}
    assert selected["PD-02"].environment_in("context") == "production"
    assert selected["BY-04"].environment_in("context") == "staging"


def test_the_canary_phase_knows_its_numbers() -> None:
    assert dict(LINES["P2-RTE-01"].limits) == {"weight_low_percent": 10, "weight_high_percent": 20}
    assert dict(LINES["P2-RTE-02"].limits) == {"give": 0.03, "alpha": 0.005}
    assert LINES["P2-RTE-03"].limits["need_answers"] == 59
    assert LINES["P2-RTE-05"].limits["need_turns"] == 5


def test_a_limit_that_is_not_stated_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"P2-RTE-01: wanted the limit 'p95_s', got only: weight_high_percent, weight"):
        _ = LINES["P2-RTE-01"].limits["p95_s"]
    assert "p95_s" not in LINES["P2-RTE-01"].limits
    assert LINES["P2-RTE-01"].limits.get("p95_s") is None


def test_a_count_is_a_whole_number() -> None:
    assert LINES["P2-RTE-03"].limits.count("need_answers") == 59
    with pytest.raises(UsageError, match=r"P2-RTE-02: wanted a whole number for 'give', got 0.03"):
        _ = LINES["P2-RTE-02"].limits.count("give")


def test_an_unknown_phase_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"phase 'prod': wanted one of staging, canary"):
        _ = runbook.of_phase("prod")


WELL = (
    'says = "It works"\nphases = ["canary"]\nsource = "x"\nevidence = "x"\nescalation = "L1"\non_violation = "none"\n'
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[A-01]\n{WELL}limts = {{p95_s = 1}}\n", "unknown field `limts`"),
        (f"[A-01]\n{WELL}".replace('"canary"', '"canari"'), "Invalid enum value 'canari'"),
        (f"[A-01]\n{WELL}".replace('"canary"', ""), "length >= 1"),
        (f"[A-01]\n{WELL}".replace('"canary"', '"context"'), "wanted a phase first"),
        (f"[A-01]\n{WELL}".replace('"It works"', '""'), "length >= 1"),
        (f"[A-01]\n{WELL}".replace('"L1"', '"L4"'), "Invalid enum value 'L4'"),
        (f'[A-01]\n{WELL}limits = {{p95_s = "1.5"}}\n', "Expected `float`, got `str`"),
        ("[A-01]\nsays = \n", "Invalid value"),
    ],
)
def test_a_malformed_line_is_one_line_that_says_where(text: str, words: str, tmp_path: Path) -> None:
    _ = (tmp_path / "lines.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(words)) as raised:
        _ = runbook.lines(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_one_line_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory at"):
        _ = runbook.lines(tmp_path)


def test_a_violated_canary_line_is_answered_by_taking_the_weight_from_the_canarys_own_ingress() -> None:
    assert runbook.next_step(LINES["P2-RTE-02"], _target(NGINX)) == (
        "kubectl --context prod-eu -n shop annotate ingress web-canary "
        "nginx.ingress.kubernetes.io/canary-weight=0 --overwrite"
    )


def test_the_profiles_own_kubeconfig_is_named_and_quoted() -> None:
    step = runbook.next_step(LINES["P2-RTE-02"], _target(NGINX, kubeconfig="my configs/prod"))
    assert step.startswith("kubectl --kubeconfig 'my configs/prod' --context prod-eu -n shop annotate")


@pytest.mark.parametrize("line", LINES.values(), ids=list(LINES))
def test_what_could_not_be_told_asks_for_another_look_and_never_for_a_rollback(line: runbook.Line) -> None:
    step = runbook.next_step(line, _target(NGINX), Outcome.UNKNOWN)
    assert step == f"pytest -m {line.phases[0]} --target acme" + (" --act" if line.acts else "")


def test_the_phase_that_was_run_is_the_phase_to_run_again() -> None:
    assert runbook.next_step(LINES["ES-01"], _target(NGINX), phase="canary") == "pytest -m canary --target acme"


def test_the_staged_way_down_takes_only_steps_below_the_weight_that_is_set() -> None:
    step = runbook.next_step(LINES["P2-PASS-02"], _target(NGINX))
    assert '[ "$to" -lt "$now" ] || continue' in step
    assert "for to in 75 50 25 10 0" in step


def test_an_emergency_takes_the_canary_out_first_and_sets_the_flags_even_if_there_is_none_any_more() -> None:
    off, _, rest = runbook.next_step(LINES["PD-02"], _target(NGINX)).partition("; ")
    flags, wait = rest.split(" && ")
    assert off.endswith("canary-weight=0 --overwrite")
    assert flags == (
        "kubectl --context prod-eu -n shop set env deployment/backend USE_UNIFIED_PIPELINE=0 CONV_STORE_PRIMARY=mongo"
    )
    assert wait == "kubectl --context prod-eu -n shop rollout status deployment/backend --timeout=120s"


def test_with_a_gateway_the_route_is_opened_for_its_weights_and_without_a_cluster_nothing_is_invented() -> None:
    gateway = _target(GatewayRouting(route="web", stable_service="a", canary_service="b"))
    assert runbook.next_step(LINES["P2-RTE-02"], gateway) == "kubectl --context prod-eu -n shop edit httproute web"
    pair = _target(UrlPairRouting(stable_url="https://a", canary_url="https://b"))
    assert runbook.next_step(LINES["P2-RTE-02"], pair) == "pytest -m canary --target acme"


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("P2-RTE-02", "gate rollback canary --target acme --env production --act"),
        ("P2-PASS-02", "gate rollback staged --target acme --env production --act"),
        ("PD-02", "gate rollback emergency --target acme --env production --act"),
    ],
)
def test_where_the_profile_allows_acting_the_watched_and_audited_command_is_named(line: str, step: str) -> None:
    assert runbook.next_step(LINES[line], _target(NGINX, acts=True)) == step


def test_features_are_switched_off_by_our_own_command_where_it_may_act() -> None:
    line = dataclasses.replace(LINES["PD-02"], on_violation="flags-off")
    off = "FEATURE_DYNAMIC_PROMPTS=0 FEATURE_SUGGESTED_ACTIONS=0"
    ours = f"gate flags set {off} --target acme --env production --act"
    assert runbook.next_step(line, _target(NGINX, acts=True)) == ours
    assert runbook.next_step(line, _target(NGINX)).endswith(f"set env deployment/backend {off}")


def test_a_gateways_weights_are_taken_back_by_the_same_command_and_without_a_route_nothing_is_invented() -> None:
    gateway = _target(GatewayRouting(route="web", stable_service="a", canary_service="b"), acts=True)
    ours = "gate rollback canary --target acme --env production --act"
    assert runbook.next_step(LINES["P2-RTE-02"], gateway) == ours
    assert runbook.next_step(LINES["P2-RTE-02"], _target(None, acts=True)) == "pytest -m canary --target acme"


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("P1-PRE-03", "gate run rollback --target acme --act"),
        ("P3-CHK-01", "gate run canary --target acme"),
        ("P3-CHK-02", "gate run rollback --target acme --act"),
    ],
)
def test_a_line_that_rests_on_another_phase_asks_for_that_phase(line: str, step: str) -> None:
    assert runbook.next_step(LINES[line], _target(NGINX)) == step
    assert runbook.DECIDED_BY[line] in runbook.PHASES


@pytest.mark.parametrize("line", LINES.values(), ids=list(LINES))
def test_no_next_step_ever_writes_the_annotation_that_makes_the_canary_a_primary(line: runbook.Line) -> None:
    assert "canary=" not in runbook.next_step(line, _target(NGINX)).replace(
        "nginx.ingress.kubernetes.io/canary-weight=", ""
    )
