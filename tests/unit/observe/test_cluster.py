"""Reading a cluster with the official client: everything, or why not; never an exception, never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.observe import cluster
from harness.target import Environment, GatewayRouting
from tests.unit.observe.objects import MARKED, ingress, ingress_class, pod
from tests.unit.observe.servers import Api, free_port, kubeconfig, serving

if TYPE_CHECKING:
    from pathlib import Path

    from harness.observe.snapshot import ClusterSnapshot


def read(api: Api, folder: Path, **settings: object) -> ClusterSnapshot:
    with serving(api.app) as url:
        given = {"kubeconfig": str(kubeconfig(folder, url)), "context": "prod", "namespace": "shop"} | settings
        return cluster.read("production", msgspec.convert(given, Environment))


def everything() -> Api:
    names = ("services", "endpointslices", "deployments", "replicasets")
    return Api(
        {name: [] for name in names}
        | {
            "pods": [pod(f"p-{n}", "rs", "sha256:" + "a" * 64) for n in range(5)],
            "ingresses": [ingress("main", "onesource", MARKED)],
            "ingressclasses": [ingress_class()],
        }
    )


def test_all_pages_of_all_resources_are_read_with_the_token(tmp_path: Path) -> None:
    api = everything()
    found = read(api, tmp_path)
    assert (found.uid, found.error, found.uid_error) == ("uid-1", "", "")
    assert found.trouble(*found.parts) == ()
    assert len(found.part("pods").items) == 5
    assert api.tokens == {"Bearer hush"}


def test_no_value_of_an_environment_variable_gets_into_the_snapshot(tmp_path: Path) -> None:
    found = read(everything(), tmp_path)
    text = msgspec.json.encode(found).decode()
    assert "TOKEN" in text
    assert "hush" not in text


def test_a_forbidden_list_is_an_error_of_its_own(tmp_path: Path) -> None:
    api = everything()
    api.lists["pods"] = 403
    found = read(api, tmp_path)
    assert found.error == ""
    assert "HTTP 403" in found.part("pods").error
    assert found.part("ingresses").error == ""


def test_routes_of_the_gateway_api_are_read_where_the_profile_uses_them(tmp_path: Path) -> None:
    api = everything()
    api.lists["httproutes"] = [{"metadata": {"name": "main"}}]
    settings = GatewayRouting("main", "a", "b")
    found = read(api, tmp_path, routing=settings)
    assert len(found.part("httproutes").items) == 1


def test_an_api_that_does_not_answer_is_data(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, f"http://127.0.0.1:{free_port()}")
    found = cluster.read("production", Environment(kubeconfig=str(config), context="prod"))
    assert "did not answer" in found.error
    assert found.uid == ""
    assert found.part("pods").error == found.error


def test_a_context_or_a_kubeconfig_that_is_not_there_is_data_without_its_text(tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, "http://127.0.0.1:1")
    other = cluster.read("production", Environment(kubeconfig=str(config), context="other"))
    assert "context unusable" in other.error
    broken = tmp_path / "broken"
    _ = broken.write_text("token: hush\n  : ]", encoding="utf-8")
    assert "hush" not in cluster.read("production", Environment(kubeconfig=str(broken), context="prod")).error
    assert cluster.read("production", Environment()).error.startswith("the profile names no context")
