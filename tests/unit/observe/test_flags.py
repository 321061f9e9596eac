"""Flags read in every place: configured, said by each pod, shown by what the product does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.clock import FakeClock
from harness.judge.flags import agree, as_expected
from harness.observe import flags
from harness.target import FLAGS, Environment
from harness.verdict import Outcome, Reason
from tests.unit.observe.flagged import CONFIG, ON, Pod, Product, environment, target
from tests.unit.observe.servers import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.judge.flags import FlagsSeen

NAMES = [flag.env for flag in FLAGS]
ACTIONS, EXAMPLES, STORE = "FEATURE_SUGGESTED_ACTIONS", "FEATURE_DYNAMIC_PROMPTS", "CONV_STORE_PRIMARY"
EXPECTED = {name: value for name, value in CONFIG.items() if name in NAMES}


def read(product: Product, folder: Path, texts: Sequence[str] = (), **settings: Any) -> FlagsSeen:
    with serving(product.app) as url:
        there = environment(folder, url, **settings)
        return flags.read_now("staging", there, target(there), FakeClock(), texts=texts)


def told(seen: FlagsSeen, flag: str) -> set[tuple[str, str]]:
    return {(one.place, one.value or f"? {one.why}") for one in seen.of(flag)}


def test_a_healthy_product_says_the_same_in_every_place(tmp_path: Path) -> None:
    seen = read(Product(), tmp_path)
    assert told(seen, EXAMPLES) == {
        ("configmap/config", "true"),
        ("pod a", "true"),
        ("pod b", "true"),
        ("examples of pod a", "true"),
        ("examples of pod b", "true"),
        ("the ingress", "true"),
        ("examples of the ingress", "true"),
    }
    assert ("answers through the ingress", "true") in told(seen, ACTIONS)
    assert ("answers through the ingress", "true") in told(seen, "USE_UNIFIED_PIPELINE")
    assert (seen.pods, seen.page) == (("a", "b"), "")
    assert agree(seen, NAMES).outcome is Outcome.MET
    assert as_expected(seen, NAMES, EXPECTED).outcome is Outcome.MET


def test_nothing_but_flags_leaves_the_cluster(tmp_path: Path) -> None:
    text = msgspec.json.encode(read(Product(), tmp_path)).decode()
    assert "hush" not in text
    assert "TOKEN" not in text


def test_synthetic_questions_name_themselves_and_each_has_a_session_of_its_own(tmp_path: Path) -> None:
    product = Product()
    _ = read(product, tmp_path)
    sessions = [post["session_id"] for post in product.posts]
    assert len(set(sessions)) == len(sessions) == 20
    assert all(session.startswith("verify-") for session in sessions)


def test_a_configmap_that_was_changed_after_the_pods_started_differs_from_what_they_run(tmp_path: Path) -> None:
    seen = read(Product(maps={"config": CONFIG | {ACTIONS: "0"}}), tmp_path)
    for verdict in (agree(seen, NAMES), as_expected(seen, NAMES, EXPECTED)):
        assert verdict.outcome is Outcome.VIOLATED
        assert "false by configmap/config" in verdict.because


def test_an_entry_of_the_deployment_stands_beside_the_configmap_that_it_overrules(tmp_path: Path) -> None:
    seen = read(Product(env=[{"name": STORE, "value": "Mongo"}]), tmp_path)
    assert {("deployment/onesource env", "mongo"), ("configmap/config", "redis")} <= told(seen, STORE)


def test_an_entry_that_refers_to_a_configmaps_key_is_followed(tmp_path: Path) -> None:
    refers = {"name": STORE, "valueFrom": {"configMapKeyRef": {"name": "other", "key": "store"}}}
    seen = read(Product(env=[refers], maps={"config": CONFIG, "other": {"store": "redis"}}), tmp_path)
    assert ("configmap/other", "redis") in told(seen, STORE)
    lacking = read(Product(env=[refers], maps={"config": CONFIG, "other": {}}), tmp_path)
    assert ("configmap/other", "? no key store") in told(lacking, STORE)


@pytest.mark.parametrize("how", ["entry", "all of it"])
def test_of_a_secret_no_more_than_its_name_is_said(tmp_path: Path, how: str) -> None:
    maps = {"config": {name: value for name, value in CONFIG.items() if name != STORE}}
    refers = {"name": STORE, "valueFrom": {"secretKeyRef": {"name": "keys", "key": STORE}}}
    whole = [{"configMapRef": {"name": "config"}}, {"secretRef": {"name": "keys"}}]
    product = Product(env=[refers], maps=maps) if how == "entry" else Product(env_from=whole, maps=maps)
    seen = read(product, tmp_path)
    assert ("secret/keys", f"? the value comes from the Secret's key {STORE}, never read") in told(seen, STORE)
    verdict = agree(seen, NAMES)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)


def test_a_prefix_of_an_env_from_belongs_to_the_name(tmp_path: Path) -> None:
    sources = [{"configMapRef": {"name": "config"}, "prefix": "FEATURE_"}]
    seen = read(Product(env_from=sources, maps={"config": {"DYNAMIC_PROMPTS": "1"}}), tmp_path)
    assert ("configmap/config", "true") in told(seen, EXAMPLES)
    assert ("deployment/onesource", "? set nowhere in its env and envFrom") in told(seen, STORE)


def test_a_pod_made_before_the_last_change_shows_by_its_own_template(tmp_path: Path) -> None:
    pods = [Pod("a", env=[{"name": ACTIONS, "value": "0"}]), Pod("b")]
    assert ("pod a env", "false") in told(read(Product(pods=pods), tmp_path), ACTIONS)


def test_pods_that_disagree_show_at_the_pods_and_through_the_ingress(tmp_path: Path) -> None:
    pods = [Pod("a", says=ON | {"suggested_actions": False}, actions=False), Pod("b")]
    seen = read(Product(pods=pods), tmp_path)
    assert {("pod a", "false"), ("pod b", "true"), ("answers through the ingress", "mixed")} <= told(seen, ACTIONS)
    assert agree(seen, NAMES).outcome is Outcome.VIOLATED


def test_a_flag_that_no_code_reads_differs_between_word_and_deed(tmp_path: Path) -> None:
    says = ON | {"suggested_actions": False, "dynamic_prompts": False}
    seen = read(Product(pods=[Pod("a", says=says)], maps={"config": CONFIG | {ACTIONS: "0", EXAMPLES: "0"}}), tmp_path)
    assert ("answers through the ingress", "true") in told(seen, ACTIONS)
    assert ("examples of pod a", "true") in told(seen, EXAMPLES)


def test_static_examples_and_answers_without_actions_are_off_and_an_example_in_the_page_is_found(
    tmp_path: Path,
) -> None:
    product = Product(pods=[Pod("a", examples=False, actions=False)], page="<html>Example 7?</html>")
    seen = read(product, tmp_path, texts=("Example 7?", "Example 8?"))
    assert ("examples of the ingress", "false") in told(seen, EXAMPLES)
    assert ("answers through the ingress", "false") in told(seen, ACTIONS)
    assert seen.page_shows == ("Example 7?",)
    assert seen.texts == ()


def test_apologies_show_nothing_either_way(tmp_path: Path) -> None:
    seen = read(Product(apology=True), tmp_path)
    assert ("answers through the ingress", "? no good answer (20 apology)") in told(seen, ACTIONS)
    assert agree(seen, NAMES).reason is Reason.NO_DATA


def test_a_version_that_is_not_there_or_does_not_say_is_no_value(tmp_path: Path) -> None:
    says = {name: value for name, value in ON.items() if name != "conv_dual_write"} | {"conv_store_primary": None}
    seen = read(Product(pods=[Pod("a", version=500), Pod("b", says=says)]), tmp_path)
    assert ("pod a", "? /api/version: HTTP 404") in told(seen, ACTIONS)
    assert any(place == "pod b" and "missing, looked for" in said for place, said in told(seen, "CONV_DUAL_WRITE"))
    assert any("is NoneType, wanted a value" in said for _, said in told(seen, STORE))


def test_a_configmap_without_rights_and_a_sleeping_deployment_say_so(tmp_path: Path) -> None:
    assert any("HTTP 403" in said for _, said in told(read(Product(maps={}), tmp_path), STORE))
    asleep = read(Product(replicas=0, pods=[Pod("a", leaving=True)]), tmp_path)
    assert ("the pods", "? no pod runs") in told(asleep, STORE)
    assert "nothing was read of the cluster" in agree(asleep, NAMES).because


def test_without_a_cluster_or_an_address_each_place_says_why(tmp_path: Path) -> None:
    seen = read(Product(), tmp_path, context="", url="")
    assert ("the cluster", "? the profile names no context, so there is no cluster access") in told(seen, STORE)
    assert ("the ingress", "? the profile gives no address") in told(seen, STORE)
    assert seen.page == "the profile gives no address"
    assert agree(seen, NAMES).reason is Reason.NO_DATA


def test_a_target_that_is_down_is_data_without_a_trace_of_its_credentials(tmp_path: Path) -> None:
    there: Environment = environment(tmp_path, f"http://127.0.0.1:{free_port()}")
    seen = flags.read_now("staging", there, target(there), FakeClock())
    assert agree(seen, NAMES).reason is Reason.NO_DATA
    assert "hush" not in msgspec.json.encode(seen).decode()
