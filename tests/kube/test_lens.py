"""What a lens does: one user sees another world, on reading and in open watches."""

from __future__ import annotations

import json
import queue
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.kube.backend import Backend
from tests.kube.objects import ingress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.kube.store import Obj

PATH = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"


class Lie:
    """A lens for one user that can be set while it runs."""

    weight: str | None = None
    hidden = False

    def __call__(self, user: str, obj: Obj) -> Obj | None:
        if user != "traefik" or obj["metadata"]["name"] != "web":
            return obj
        if self.weight is not None:
            obj["metadata"]["annotations"]["weight"] = self.weight
        return None if self.hidden else obj


class World:
    """A server with that lens, one Ingress, and what the user's open watch received."""

    def __init__(self, backend: Backend, lie: Lie) -> None:
        self.backend, self.lie = backend, lie
        self.admin, self.user = backend.api(), backend.api("traefik")
        self.events: queue.Queue[Obj] = queue.Queue()
        assert self.admin.post(PATH, ingress(weight="10")).status == 201
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        assert self.next() == ("ADDED", "10")

    def _watch(self) -> None:
        with self.user.client.stream("GET", f"{PATH}?watch=true") as response:
            for line in response.iter_lines():
                self.events.put(json.loads(line))

    def next(self) -> tuple[str, str]:
        """Return the next event's type and weight."""
        self.last: Any = self.events.get(timeout=5)
        return self.last["type"], self.last["object"]["metadata"]["annotations"]["weight"]

    def set(self, *, weight: str | None = None, hidden: bool = False) -> None:
        """Change the lens and tell the server."""
        self.lie.weight, self.lie.hidden = weight, hidden
        self.backend.relens()


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Such a world."""
    lie = Lie()
    with Backend(tmp_path_factory.mktemp("lens"), lens=lie) as backend:
        made = World(backend, lie)
        yield made
        made.admin.close()
    made._thread.join(5)
    made.user.close()


def test_one_user_reads_what_the_lens_shows(world: World) -> None:
    world.set(weight="0")
    for path in (f"{PATH}/web", PATH):
        seen, true = world.user.get(path).body, world.admin.get(path).body
        assert '"weight": "0"' in json.dumps(seen)
        assert '"weight": "10"' in json.dumps(true)


def test_what_the_lens_hides_is_not_there(world: World) -> None:
    world.set(hidden=True)
    assert world.user.get(f"{PATH}/web").status == 404
    assert world.user.get(PATH).body["items"] == []
    assert world.admin.get(f"{PATH}/web").status == 200


def test_an_open_watch_is_told_when_the_lens_changes(world: World) -> None:
    world.set(weight="0")
    assert world.next() == ("MODIFIED", "0")
    world.set(hidden=True)
    assert world.next()[0] == "DELETED"
    world.set()
    assert world.next() == ("ADDED", "10")


def test_a_changed_view_has_a_version_of_its_own(world: World) -> None:
    """Clients take an unchanged resourceVersion for "nothing changed"."""
    before = int(world.last["object"]["metadata"]["resourceVersion"])
    world.set(weight="0")
    _ = world.next()
    after = int(world.last["object"]["metadata"]["resourceVersion"])
    assert after > before
    assert int(world.user.get(f"{PATH}/web").body["metadata"]["resourceVersion"]) == after


def test_a_lens_that_changes_nothing_tells_nothing(world: World) -> None:
    world.set(weight="10")
    world.set(weight="0")
    assert world.next() == ("MODIFIED", "0")


def test_a_write_behind_the_lens_reaches_the_watch_as_the_lens_shows_it(world: World) -> None:
    world.set(weight="0")
    _ = world.next()
    _ = world.admin.patch(f"{PATH}/web", {"metadata": {"annotations": {"weight": "20"}}})
    assert world.next() == ("MODIFIED", "0")
    world.set()
    assert world.next() == ("MODIFIED", "20")
