"""Acting on a running sandbox, with kubectl as the other hand: nothing is lost, and all is as found afterwards."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness import structs
from harness import target as profiles
from harness.act.audit import Audit
from harness.act.guard import Permit, RefusedError, permit
from harness.act.hold import ForeignError, Hold
from harness.act.kube import Ref
from harness.act.objects import bookless
from harness.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.kube import Obj
    from harness.target import Target
    from tests.running import Running

WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
ROUTE = Ref("ingresses", "onesource-canary")
STABLE = Ref("deployments", "onesource")


def weight(value: str) -> Obj:
    return {"metadata": {"annotations": {WEIGHT: value}}}


def target(sandbox: Running, **settings: Any) -> Target:
    """The sandbox's profile with the actor's kubeconfig; settings change production."""
    told = profiles.load(str(sandbox.said.target))
    given = {"act_kubeconfig": sandbox.said.kubeconfigs["actor"]} | settings
    there = {name: msgspec.structs.replace(one, **given) for name, one in told.environments.items()}
    return msgspec.structs.replace(told, environments=there)


def audit(folder: Path) -> Audit:
    return Audit(folder / "artifacts" / "audit.jsonl", SystemClock(), who="me@here")


def permitted(sandbox: Running, folder: Path, *, dry_run: bool = False) -> Permit:
    return permit(target(sandbox), "production", audit(folder), act=True, dry_run=dry_run)


def now(sandbox: Running, ref: Ref) -> Obj:
    return json.loads(sandbox.kubectl("get", str(ref), "-o", "json", "--show-managed-fields", context="production"))


def weight_now(sandbox: Running) -> str:
    return now(sandbox, ROUTE)["metadata"]["annotations"][WEIGHT]


def by_hand(sandbox: Running, percent: int) -> None:
    _ = sandbox.kubectl("annotate", "--overwrite", str(ROUTE), f"{WEIGHT}={percent}", context="production")


def written(sandbox: Running) -> list[str]:
    """What the API of production noted of whoever reads and acts."""
    text = (sandbox.said.state / "production" / "audit.jsonl").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if json.loads(line)["user"] in {"reader", "actor"}]


def broken(hold: Hold, body: Obj, how: BaseException, *, strategic: bool = False) -> None:
    with hold:
        _ = hold.patch("a change", body, strategic=strategic)
        raise how


def test_of_two_operators_at_once_one_changes_it_and_the_other_sees_that(sandbox: Running, tmp_path: Path) -> None:
    found = now(sandbox, ROUTE)
    structs.describe()
    start, end = threading.Barrier(2, timeout=30), threading.Barrier(2, timeout=30)
    told: list[str] = []

    def operate(number: int) -> None:
        given = permitted(sandbox, tmp_path / str(number))
        with Hold(given, ROUTE) as hold:
            _ = start.wait()
            try:
                _ = hold.patch(f"weight {number}", weight(str(number)))
                told.append(f"{number} changed it")
            except ForeignError as trouble:
                told.append(str(trouble))
            _ = end.wait()

    operators = [threading.Thread(target=operate, args=(number,)) for number in (20, 40)]
    for one in operators:
        one.start()
    for one in operators:
        one.join(60)
    won, lost = sorted(told)
    assert won in {"20 changed it", "40 changed it"}
    assert lost.startswith("somebody else changed ingress/onesource-canary (onesource-gate): ")
    assert f"'10' -> '{won[:2]}'" in lost
    assert bookless(now(sandbox, ROUTE)) == bookless(found)


def test_a_change_by_hand_in_the_middle_is_noticed_told_and_left(sandbox: Running, tmp_path: Path) -> None:
    with Hold(permitted(sandbox, tmp_path), ROUTE) as hold:
        _ = hold.patch("weight 30", weight("30"))
        by_hand(sandbox, 15)
        with pytest.raises(ForeignError):
            _ = hold.patch("weight 0", weight("0"))
    assert weight_now(sandbox) == "15"
    assert not hold.restored
    assert hold.foreign.startswith("somebody else changed ingress/onesource-canary (kubectl-annotate): ")
    assert "'30' -> '15'" in hold.foreign
    by_hand(sandbox, 10)


@pytest.mark.parametrize(
    ("settings", "options", "said"),
    [
        ({}, {"act": False}, "wanted --act, got none"),
        ({"act_kubeconfig": ""}, {}, "not: patch deployments/onesource"),
        ({"cluster_uid": "another"}, {}, "wanted the pinned cluster uid another"),
        ({"namespace": "kube-system"}, {}, "may not (HTTP 403)"),
        ({"deployments": {"stable": "elsewhere"}}, {}, "got no such Deployment"),
        ({"context": ""}, {}, "wanted a context of the kubeconfig"),
        ({"cluster_uid": ""}, {}, "wanted a pinned cluster uid"),
    ],
)
def test_whoever_may_not_act_is_told_in_one_line_and_the_api_saw_no_write(
    sandbox: Running, tmp_path: Path, settings: dict[str, Any], options: dict[str, bool], said: str
) -> None:
    before = written(sandbox)
    with pytest.raises(RefusedError) as trouble:
        _ = permit(target(sandbox, **settings), "production", audit(tmp_path), act=options.get("act", True))
    assert said in str(trouble.value)
    assert "\n" not in str(trouble.value)
    assert written(sandbox) == before


def test_a_profile_for_another_namespace_is_refused_also_with_the_rights(sandbox: Running, tmp_path: Path) -> None:
    elsewhere = target(sandbox, namespace="kube-system", act_kubeconfig=sandbox.said.kubeconfigs["admin"])
    before = written(sandbox)
    with pytest.raises(RefusedError, match="deployment/onesource in namespace kube-system, got no such Deployment"):
        _ = permit(elsewhere, "production", audit(tmp_path), act=True)
    assert written(sandbox) == before


@pytest.mark.parametrize("how", [ValueError("a judge broke"), KeyboardInterrupt()])
def test_an_ingress_is_as_found_however_the_block_ends(sandbox: Running, tmp_path: Path, how: BaseException) -> None:
    found = now(sandbox, ROUTE)
    hold = Hold(permitted(sandbox, tmp_path), ROUTE)
    with pytest.raises(type(how)):
        broken(hold, weight("0"), how)
    assert hold.restored
    assert bookless(now(sandbox, ROUTE)) == bookless(found)


def test_a_deployment_that_rolls_is_as_found_however_the_block_ends(sandbox: Running, tmp_path: Path) -> None:
    found = now(sandbox, STABLE)
    entries = [{"name": "FEATURE_SUGGESTED_ACTIONS", "value": "0"}]
    body: Obj = {"spec": {"template": {"spec": {"containers": [{"name": "backend", "env": entries}]}}}}
    hold = Hold(permitted(sandbox, tmp_path), STABLE)
    with pytest.raises(KeyboardInterrupt):
        broken(hold, body, KeyboardInterrupt(), strategic=True)
    assert (hold.restored, hold.foreign, hold.trouble) == (True, "", "")
    said = sandbox.kubectl("rollout", "status", str(STABLE), "--timeout=60s", context="production")
    assert "successfully rolled out" in said
    assert bookless(now(sandbox, STABLE)) == bookless(found)


def test_a_canary_that_was_removed_is_there_again(sandbox: Running, tmp_path: Path) -> None:
    found = now(sandbox, ROUTE)
    with Hold(permitted(sandbox, tmp_path), ROUTE) as hold:
        hold.remove("remove the canary")
        assert "NotFound" in sandbox.kubectl("get", str(ROUTE), context="production", ok=False)
    assert hold.restored
    assert bookless(now(sandbox, ROUTE)) == bookless(found)


def test_a_dry_run_changes_nothing(sandbox: Running, tmp_path: Path) -> None:
    found = now(sandbox, ROUTE)
    with Hold(permitted(sandbox, tmp_path, dry_run=True), ROUTE) as hold:
        assert hold.patch("weight 0", weight("0"))["metadata"]["annotations"][WEIGHT] == "0"
        hold.remove("remove the canary")
    assert hold.restored
    assert now(sandbox, ROUTE) == found
