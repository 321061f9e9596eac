"""Writing to the API: never over what was not seen, and every refusal is one line that helps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from harness.act.kube import ActError, ConflictError, Kube, MissingError, Ref
from harness.act.objects import bookless
from harness.target import Environment
from tests.unit.act.held import ROUTE, STABLE, WEIGHT, env, weight
from tests.unit.observe.servers import free_port, kubeconfig, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.act.held import Scene


def version(scene: Scene, ref: Ref = ROUTE) -> str:
    return str(scene.get(ref)["metadata"]["resourceVersion"])


def one_line(trouble: pytest.ExceptionInfo[BaseException]) -> str:
    said = str(trouble.value)
    assert "\n" not in said
    assert "actor-token" not in said
    assert "reader-token" not in said
    return said


def test_objects_read_as_kubectl_names_them() -> None:
    named = [str(Ref(resource, "x")) for resource in ("deployments", "ingresses", "configmaps", "httproutes")]
    assert named == ["deployment/x", "ingress/x", "configmap/x", "httproute/x"]


def test_the_cluster_names_itself_by_the_uid_of_kube_system(scene: Scene) -> None:
    assert Kube(scene.environment()).uid() == scene.uid


def test_a_merge_patch_changes_what_it_names_and_says_who_did(scene: Scene) -> None:
    made = Kube(scene.environment()).patch(ROUTE, weight("30"), version=version(scene))
    assert made["metadata"]["annotations"][WEIGHT] == scene.weight_now() == "30"
    assert "onesource-gate" in {entry["manager"] for entry in made["metadata"]["managedFields"]}


def test_a_strategic_patch_adds_to_lists_by_name(scene: Scene) -> None:
    made = Kube(scene.environment()).patch(STABLE, env(C="3"), version=version(scene, STABLE), strategic=True)
    container = made["spec"]["template"]["spec"]["containers"][0]
    assert {entry["name"] for entry in container["env"]} == {"A", "B", "C"}
    assert container["image"] == "example:1"


def test_a_patch_based_on_an_older_version_is_a_conflict_and_changes_nothing(scene: Scene) -> None:
    old = version(scene)
    scene.by_hand(ROUTE, weight("20"))
    with pytest.raises(ConflictError) as trouble:
        _ = Kube(scene.environment()).patch(ROUTE, weight("0"), version=old)
    said = one_line(trouble)
    assert "patch ingress/onesource-canary" in said
    assert "nothing was written" in said
    assert "kubectl --context actor -n default get ingress/onesource-canary" in said
    assert scene.weight_now() == "20"


def test_replacing_needs_the_version_it_is_based_on_and_respects_it(scene: Scene) -> None:
    kube = Kube(scene.environment())
    found = kube.get(ROUTE)
    with pytest.raises(ActError, match="wanted an object with the resourceVersion"):
        _ = kube.replace(ROUTE, bookless(found))
    scene.by_hand(ROUTE, weight("20"))
    with pytest.raises(ConflictError):
        _ = kube.replace(ROUTE, found)
    found["metadata"]["resourceVersion"] = version(scene)
    assert bookless(kube.replace(ROUTE, found)) == bookless(found)
    assert scene.weight_now() == "10"


def test_an_object_is_removed_at_its_version_only_and_made_again_without_what_the_server_fills_in(scene: Scene) -> None:
    kube = Kube(scene.environment())
    found = kube.get(ROUTE)
    with pytest.raises(ConflictError):
        kube.delete(ROUTE, version="1")
    with pytest.raises(ConflictError):
        kube.delete(ROUTE, version=version(scene), uid="another")
    kube.delete(ROUTE, version=version(scene), uid=found["metadata"]["uid"])
    with pytest.raises(MissingError) as trouble:
        _ = kube.get(ROUTE)
    assert "get ingress/onesource-canary in namespace default of context actor: not there" in one_line(trouble)
    made = kube.create("ingresses", found)
    assert bookless(made) == bookless(found)
    assert made["metadata"]["uid"] != found["metadata"]["uid"]
    with pytest.raises(ConflictError, match="there is one already"):
        _ = kube.create("ingresses", found)


def test_a_dry_run_answers_what_would_be_and_changes_nothing(scene: Scene) -> None:
    kube = Kube(scene.environment())
    found = scene.get(ROUTE)
    changed = kube.patch(ROUTE, weight("0"), version=version(scene), dry_run=True)
    assert changed["metadata"]["annotations"][WEIGHT] == "0"
    _ = kube.replace(ROUTE, changed, dry_run=True)
    kube.delete(ROUTE, version=version(scene), dry_run=True)
    assert scene.get(ROUTE) == found
    _ = kube.create("ingresses", found | {"metadata": {"name": "other"}}, dry_run=True)
    assert scene.api.get(scene.path(Ref("ingresses", "other"))).status == 404


def test_who_may_not_is_told_verb_object_and_how_to_check(scene: Scene) -> None:
    with pytest.raises(ActError) as trouble:
        _ = Kube(scene.environment("reader")).patch(ROUTE, weight("0"), version=version(scene))
    said = one_line(trouble)
    assert "patch ingress/onesource-canary" in said
    assert "may not (HTTP 403)" in said
    assert "kubectl --context reader -n default auth can-i patch ingress/onesource-canary" in said


def test_the_api_tells_what_credentials_may_before_anything_is_tried(scene: Scene) -> None:
    actor, reader = Kube(scene.environment()), Kube(scene.environment("reader"))
    assert actor.may("patch", "deployments")
    assert actor.may("delete", "ingresses", "onesource-canary")
    assert not actor.may("delete", "deployments")
    assert not reader.may("patch", "deployments")
    assert reader.may("get", "configmaps")


def test_an_invalid_object_is_told_by_its_fields_never_by_its_values(scene: Scene) -> None:
    body = {"metadata": {"labels": {"x": "a secret value!"}}}
    with pytest.raises(ActError) as trouble:
        _ = Kube(scene.environment()).patch(ROUTE, body, version=version(scene))
    said = one_line(trouble)
    assert "HTTP 422 Invalid metadata.labels" in said
    assert "secret" not in said


def served(folder: Path, url: str) -> Kube:
    return Kube(Environment(kubeconfig=str(kubeconfig(folder, url)), context="prod", namespace="shop"))


@pytest.mark.parametrize(
    ("status", "text", "wanted", "doubtful"),
    [
        (503, "hush: the backend is away", "got HTTP 503", True),
        (200, "<html>hush</html>", "no JSON object", True),
        (401, "hush", "may not (HTTP 401)", False),
        (
            429,
            '{"kind": "Status", "reason": "TooManyRequests", "message": "hush"}',
            "got HTTP 429 TooManyRequests",
            False,
        ),
    ],
)
def test_whatever_else_comes_is_one_line_without_its_body(
    tmp_path: Path, status: int, text: str, wanted: str, doubtful: bool
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    def app() -> web.Application:
        made = web.Application()
        _ = made.router.add_route("*", "/{path:.*}", answer)
        return made

    with serving(app) as url, pytest.raises(ActError) as trouble:
        _ = served(tmp_path, url).patch(ROUTE, weight("0"), version="1")
    said = one_line(trouble)
    assert wanted in said
    assert "hush" not in said
    assert ("may have been written" in said) == doubtful


def test_a_write_without_an_answer_leaves_a_doubt_a_read_does_not(tmp_path: Path) -> None:
    kube = served(tmp_path, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ActError, match=r"did not answer.*may have been written all the same"):
        _ = kube.patch(ROUTE, weight("0"), version="1")
    with pytest.raises(ActError) as trouble:
        _ = kube.get(ROUTE)
    assert "written" not in one_line(trouble)


def test_nothing_is_sent_twice(tmp_path: Path) -> None:
    came: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(0)
        came.append(request.method)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def app() -> web.Application:
        made = web.Application()
        _ = made.router.add_route("*", "/{path:.*}", answer)
        return made

    with serving(app) as url, pytest.raises(ActError):
        _ = served(tmp_path, url).patch(ROUTE, weight("0"), version="1")
    assert came == ["PATCH"]


def test_a_kubeconfig_that_can_not_be_used_is_one_line_without_its_text(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    _ = broken.write_text("token: hush\n  : ]", encoding="utf-8")
    for environment in (
        Environment(act_kubeconfig=str(broken), context="prod"),
        Environment(kubeconfig=str(kubeconfig(tmp_path, "http://127.0.0.1:1")), context="other"),
    ):
        with pytest.raises(ActError, match="kubeconfig or context unusable") as trouble:
            _ = Kube(environment)
        assert "hush" not in one_line(trouble)
