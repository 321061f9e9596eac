"""Who may not change a target is told so in one line, and not a single write was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.act.guard import RefusedError, permit
from harness.act.kube import Ref
from harness.errors import UsageError
from harness.target import Flag, GatewayRouting, Target
from tests.unit.observe.servers import free_port, kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.kube import Resource
    from tests.unit.act.held import Scene

    Needs = tuple[tuple[str, Resource], ...]

DELETE: Needs = (("delete", "ingresses"),)


def refused(scene: Scene, target: Target, *, act: bool = True, **options: Any) -> str:
    before = scene.writes()
    with pytest.raises(RefusedError) as trouble:
        _ = permit(target, "staging", scene.audit, act=act, **options)
    said = str(trouble.value)
    assert isinstance(trouble.value, UsageError)
    assert said.startswith("shop/staging: refused to change anything: ")
    assert "\n" not in said
    assert scene.writes() == before
    assert not (scene.folder / "artifacts").exists()
    return said


def test_whoever_may_act_gets_a_permit_that_knows_where(scene: Scene) -> None:
    given = permit(scene.target(), "staging", scene.audit, act=True)
    assert (given.place, given.dry_run, given.where) == ("shop/staging", False, "staging")
    assert given.kube.get(Ref("deployments", "onesource"))["kind"] == "Deployment"
    assert "USE_UNIFIED_PIPELINE" in given.shown


def test_the_flags_a_profile_names_are_those_that_may_be_shown(scene: Scene) -> None:
    environment = scene.environment(flags={"OTHER": "1"})
    target = Target("shop", {"staging": environment}, allows_acting=True, flags=(Flag("MINE"),))
    shown = permit(target, "staging", scene.audit, act=True).shown
    assert {"OTHER", "MINE", "CONV_STORE_PRIMARY"} <= shown
    assert "MONGO_PASSWORD" not in shown


def test_without_act_nothing_is_changed_but_a_dry_run_may_look(scene: Scene) -> None:
    assert "wanted --act, got none; add --act" in refused(scene, scene.target(), act=False)
    assert permit(scene.target(), "staging", scene.audit, act=False, dry_run=True).dry_run


def test_a_profile_that_forbids_acting_wins_over_the_command_line(scene: Scene) -> None:
    forbids = scene.target(allows_acting=False)
    assert "a profile that forbids acting" in refused(scene, forbids)
    assert "a profile that forbids acting" in refused(scene, forbids, act=False, dry_run=True)
    assert "wanted --act" in refused(scene, forbids, act=False)


def test_an_environment_that_the_profile_does_not_name_is_refused(scene: Scene) -> None:
    with pytest.raises(RefusedError, match=r"got production \(known: staging\)"):
        _ = permit(scene.target(), "production", scene.audit, act=True)


def test_without_a_context_or_a_pinned_uid_nobody_knows_which_cluster_it_is(scene: Scene) -> None:
    no_context = scene.target(scene.environment(context="", cluster_uid=""))
    assert "wanted a context of the kubeconfig, got none" in refused(scene, no_context)
    assert "environments.staging.cluster_uid" in refused(scene, scene.target(scene.environment(cluster_uid="")))


def test_another_cluster_than_the_pinned_one_is_refused(scene: Scene) -> None:
    said = refused(scene, scene.target(scene.environment(cluster_uid="another")))
    assert f"wanted the pinned cluster uid another, got {scene.uid}" in said
    assert "change nothing until you know why" in said


def test_a_namespace_without_the_profiles_deployments_is_refused(scene: Scene) -> None:
    elsewhere = scene.environment("admin", namespace="kube-system")
    said = refused(scene, scene.target(elsewhere))
    assert "wanted deployment/onesource in namespace kube-system, got no such Deployment" in said
    assert "kubectl --context admin -n kube-system get deployments" in said
    closed = refused(scene, scene.target(scene.environment(namespace="kube-system")))
    assert "these credentials may not (HTTP 403)" in closed
    assert "none named" in refused(scene, scene.target(scene.environment(deployments={})))


def test_the_readers_credentials_are_refused_with_the_rights_that_they_lack(scene: Scene) -> None:
    said = refused(scene, scene.target(scene.environment("reader")))
    assert (
        "not: patch deployments/onesource, patch deployments/onesource-canary, update deployments/onesource, " in said
    )
    assert "get deployments" not in said.partition("kubectl")[0]
    assert "kubectl --context reader -n default auth can-i patch deployments/onesource" in said


def test_a_right_includes_the_way_back(scene: Scene) -> None:
    assert permit(scene.target(), "staging", scene.audit, act=True, needs=DELETE)
    said = refused(scene, scene.target(scene.environment("reader")), needs=DELETE)
    assert "not: delete ingresses/onesource-canary, create ingresses" in said


def test_the_route_of_a_gateway_is_asked_for_by_its_name(scene: Scene) -> None:
    target = scene.target(scene.environment(routing=GatewayRouting("main", "a", "b")))
    said = refused(scene, target, needs=(("patch", "httproutes"),))
    assert "not: get httproutes/main, patch httproutes/main, update httproutes/main" in said


def test_a_cluster_that_does_not_answer_is_refused_in_one_line(scene: Scene, tmp_path: Path) -> None:
    config = str(kubeconfig(tmp_path, f"http://127.0.0.1:{free_port()}"))
    said = refused(scene, scene.target(scene.environment("prod", act_kubeconfig=config)))
    assert "the API did not answer" in said
    unusable = refused(scene, scene.target(scene.environment("nobody")))
    assert "kubeconfig or context unusable" in unusable
