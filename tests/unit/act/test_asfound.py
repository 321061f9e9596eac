"""What a script changed is put back as it was found, on a real API, whatever it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.act.asfound import AsFound
from harness.act.drilling import Scene as Drilled
from harness.act.kube import ActError
from harness.act.objects import bookless
from harness.clock import FakeClock
from tests.unit.act.held import ROUTE, STABLE, Meddled, Scene, env, weight

if TYPE_CHECKING:
    from harness.act.kube import Obj


def whole(scene: Scene) -> dict[str, Obj]:
    return {str(ref): bookless(scene.get(ref)) for ref in (STABLE, ROUTE)}


def script(scene: Scene) -> None:
    """What a script does behind our back."""
    answer = scene.api.call("PATCH", scene.path(STABLE), env(USE="0"), "application/strategic-merge-patch+json")
    assert answer.status == 200, answer.body
    scene.move_status(STABLE)


def interrupted(scene: Scene, kept: AsFound | None = None) -> None:
    with kept or AsFound(Drilled(scene.permit(), FakeClock()), (STABLE,)):
        script(scene)
        raise KeyboardInterrupt


def refuse(_: str) -> None:
    raise ActError("patch deployment/onesource: the API went away")


def test_what_was_changed_is_put_back_with_an_audit_line(scene: Scene) -> None:
    found = whole(scene)
    with AsFound(Drilled(scene.permit(), FakeClock()), (STABLE, ROUTE)) as kept:
        script(scene)
        scene.by_hand(ROUTE, weight("0"))
        assert whole(scene) != found
        kept.put_back()
        assert whole(scene) == found
        assert kept.restored
    assert {line["object"] for line in scene.audited()} == {"deployment/onesource", "ingress/onesource-canary"}


def test_what_was_removed_is_made_again(scene: Scene) -> None:
    found = whole(scene)
    with AsFound(Drilled(scene.permit(), FakeClock()), (STABLE, ROUTE)):
        assert scene.api.delete(scene.path(ROUTE)).status == 200
    assert whole(scene) == found


def test_it_is_put_back_after_ctrl_c_too(scene: Scene) -> None:
    found = whole(scene)
    with pytest.raises(KeyboardInterrupt):
        interrupted(scene)
    assert whole(scene) == found


def test_an_api_that_is_gone_is_told_and_ctrl_c_stays_one(scene: Scene) -> None:
    kept = AsFound(Drilled(scene.permit(Meddled(scene, before=refuse)), FakeClock()), (STABLE,))
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupted(scene, kept)
    assert caught.value.__notes__ == ["patch deployment/onesource: the API went away"]
    assert not kept.restored
