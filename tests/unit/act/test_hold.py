"""A held object is put back however the block ends, and nobody else's change is ever written over."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from harness.act.audit import FILE, AuditError
from harness.act.hold import Hold
from harness.act.kube import ActError, MissingError, Ref
from tests.unit.act.held import ROUTE, STABLE, WEIGHT, Meddled, as_found, broken, env, states, weight

if TYPE_CHECKING:
    from tests.unit.act.held import Scene


def test_a_change_is_seen_at_once_and_put_back_at_the_end(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        assert hold.now == hold.found
        made = hold.patch("weight 30", weight("30"))
        assert scene.weight_now() == made["metadata"]["annotations"][WEIGHT] == "30"
        assert hold.now == made
        assert not hold.restored
        _ = hold.patch("weight 0", weight("0"))
        assert scene.weight_now() == "0"
    assert as_found(scene, hold)
    assert (hold.restored, hold.foreign, hold.trouble) == (True, "", "")


def test_each_change_stands_in_the_audit_with_both_sides(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 0", weight("0"))
    assert states(scene) == [("weight 0", "begun"), ("weight 0", "done"), ("restore", "begun"), ("restore", "done")]
    path = f"metadata.annotations.{WEIGHT}"
    first, _, third, _ = scene.audited()
    assert (first["before"], first["after"]) == ({path: "10"}, {path: "0"})
    assert (third["before"], third["after"]) == ({path: "0"}, {path: "10"})
    assert (first["target"], first["environment"], first["object"]) == ("shop", "staging", "ingress/onesource-canary")


def test_of_an_environment_only_flags_get_into_the_audit(scene: Scene) -> None:
    with Hold(scene.permit(), STABLE) as hold:
        _ = hold.patch("flags", env(USE_UNIFIED_PIPELINE="0", PASSWORD="hush"), strategic=True)
    text = (scene.folder / "artifacts" / FILE).read_text(encoding="utf-8")
    assert 'env[USE_UNIFIED_PIPELINE].value":"0"' in text
    assert "PASSWORD" in text
    assert "hush" not in text
    assert as_found(scene, hold)


def test_looking_changes_nothing(scene: Scene) -> None:
    before = len(scene.writes())
    with Hold(scene.permit(), ROUTE) as hold:
        pass
    assert hold.restored
    assert len(scene.writes()) == before


def test_what_is_asked_for_already_is_written_by_nobody(scene: Scene) -> None:
    version = scene.get(ROUTE)["metadata"]["resourceVersion"]
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 10", weight("10"))
    assert scene.get(ROUTE)["metadata"]["resourceVersion"] == version
    assert states(scene) == [("weight 10", "begun"), ("weight 10", "unchanged")]


def test_an_object_that_is_not_there_can_not_be_held(scene: Scene) -> None:
    with pytest.raises(MissingError, match="ingress/nobody"), Hold(scene.permit(), Ref("ingresses", "nobody")):
        pytest.fail("held nothing")


def test_keep_leaves_it_changed(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 0", weight("0"))
        hold.keep()
    assert scene.weight_now() == "0"
    assert not hold.restored


def test_restoring_inside_the_block_is_the_way_back_and_may_be_followed_by_another_change(scene: Scene) -> None:
    with Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 0", weight("0"))
        hold.restore()
        assert hold.restored
        assert scene.weight_now() == "10"
        _ = hold.patch("weight 5", weight("5"))
        assert not hold.restored
    assert as_found(scene, hold)
    assert hold.restored


# ending badly


@pytest.mark.parametrize("how", [ValueError("a judge broke"), KeyboardInterrupt(), SystemExit(2)])
def test_however_the_block_ends_it_is_put_back(scene: Scene, how: BaseException) -> None:
    hold = Hold(scene.permit(), ROUTE)
    with pytest.raises(type(how)) as ended:
        broken(hold, how)
    assert ended.value is how
    assert as_found(scene, hold)
    assert hold.restored


def test_an_impatient_ctrl_c_waits_until_it_is_put_back(scene: Scene) -> None:
    def again(verb: str) -> None:
        if verb == "update":
            os.kill(os.getpid(), signal.SIGINT)

    hold = Hold(scene.permit(Meddled(scene, before=again)), ROUTE)
    with pytest.raises(KeyboardInterrupt):
        broken(hold, KeyboardInterrupt())
    assert as_found(scene, hold)
    assert hold.restored
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_in_the_middle_of_a_write_counts_after_it(scene: Scene) -> None:
    def strike(verb: str) -> None:
        if verb == "patch":
            os.kill(os.getpid(), signal.SIGINT)

    hold = Hold(scene.permit(Meddled(scene, before=strike)), ROUTE)
    with pytest.raises(KeyboardInterrupt):
        broken(hold, ValueError("Ctrl-C was lost"))
    assert states(scene)[1] == ("weight 0", "done")
    assert as_found(scene, hold)


def away(verb: str) -> None:
    if verb == "update":
        raise ActError("the API did not answer")


def test_what_can_not_be_put_back_is_an_error(scene: Scene) -> None:
    hold = Hold(scene.permit(Meddled(scene, before=away)), ROUTE)
    with pytest.raises(ActError, match="the API did not answer"), hold:
        _ = hold.patch("weight 0", weight("0"))
    assert not hold.restored
    assert hold.trouble == "the API did not answer"
    assert states(scene)[-1] == ("restore", "failed: ActError: the API did not answer")


def test_what_can_not_be_put_back_after_an_error_tells_both(scene: Scene) -> None:
    hold = Hold(scene.permit(Meddled(scene, before=away)), ROUTE)
    with pytest.raises(ActError, match="the API did not answer; before that: ValueError: a judge broke") as ended:
        broken(hold, ValueError("a judge broke\nwith more to it"))
    assert "\n" not in str(ended.value)
    assert isinstance(ended.value.__cause__, ValueError)


def test_what_can_not_be_put_back_after_ctrl_c_stays_a_ctrl_c_with_a_note(scene: Scene) -> None:
    hold = Hold(scene.permit(Meddled(scene, before=away)), ROUTE)
    with pytest.raises(KeyboardInterrupt) as ended:
        broken(hold, KeyboardInterrupt())
    assert ended.value.__notes__ == ["the API did not answer"]
    assert hold.trouble


def test_a_write_whose_answer_was_lost_is_ours_and_is_put_back(scene: Scene) -> None:
    def lost(verb: str) -> None:
        if verb == "patch":
            raise ActError("the API did not answer; it may have been written all the same")

    hold = Hold(scene.permit(Meddled(scene, after=lost)), ROUTE)
    with pytest.raises(ActError, match="may have been written"), hold:
        _ = hold.patch("weight 0", weight("0"))
    assert as_found(scene, hold)
    assert (hold.restored, hold.foreign) == (True, "")


def test_without_an_audit_nothing_is_changed(scene: Scene) -> None:
    _ = (scene.folder / "artifacts").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(AuditError), Hold(scene.permit(), ROUTE) as hold:
        _ = hold.patch("weight 0", weight("0"))
    assert scene.weight_now() == "10"


def test_putting_back_goes_on_where_the_audit_can_not_be_written_and_says_so(scene: Scene) -> None:
    folder = scene.folder / "artifacts"
    hold = Hold(scene.permit(), ROUTE).__enter__()
    _ = hold.patch("weight 0", weight("0"))
    (folder / FILE).unlink()
    folder.rmdir()
    _ = folder.write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(ActError, match="ingress/onesource-canary was put back, but audit file"):
        hold.__exit__(None, None, None)
    assert as_found(scene, hold)
    assert hold.restored


# dry runs


def test_a_dry_run_shows_what_would_be_and_changes_nothing(scene: Scene) -> None:
    found = scene.get(ROUTE)
    with Hold(scene.permit(dry_run=True), ROUTE) as hold:
        would = hold.patch("weight 0", weight("0"))
        assert hold.now == would
        assert would["metadata"]["annotations"][WEIGHT] == "0"
        hold.remove("remove the canary")
    assert scene.get(ROUTE) == found
    assert hold.restored
    assert states(scene) == [
        ("weight 0", "begun"),
        ("weight 0", "unchanged"),
        ("remove the canary", "begun"),
        ("remove the canary", "unchanged"),
    ]
