"""What each user sees: the store's objects through an optional lens, now or at an earlier version."""

from __future__ import annotations

import base64
import binascii
import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from sandbox.kube.status import bad_request, gone, too_large_version
from sandbox.kube.store import GoneError, Obj

if TYPE_CHECKING:
    from sandbox.kube.resources import Resource
    from sandbox.kube.selectors import Selection
    from sandbox.kube.store import Store

Lens: TypeAlias = Callable[[str, Obj], Obj | None]
"""What the user of that name sees of an object (a private copy): the object, another one, or None."""

_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 the format's name


class Views:
    """Reads for users; writes never pass here.

    A changed view gets a resourceVersion of its own, since clients take an unchanged one for "no change".
    """

    def __init__(self, store: Store, lens: Lens | None, gone: Lens | None = None) -> None:
        """Read from a store; without a lens everybody sees what is.

        `gone` says what a user goes on seeing of an object that was deleted under an open watch; None: nothing.
        """
        self.store = store
        self.lens = lens
        self.gone = gone
        self._versions: dict[tuple[str, str, str, str], int] = {}

    def one(self, user: str, resource: Resource, obj: Obj) -> Obj | None:
        """Return what a user sees of one object (shared: to read only)."""
        if self.lens is None:
            return obj
        seen = self.lens(user, copy.deepcopy(obj))
        if seen is not None:
            version = self._versions.get(_key(user, resource, obj), 0)
            if version > int(obj["metadata"]["resourceVersion"]):
                seen["metadata"]["resourceVersion"] = str(version)
        return seen

    def ghost(self, user: str, obj: Obj) -> Obj | None:
        """Return what a user goes on seeing of a deleted object, None for nothing."""
        return None if self.gone is None else self.gone(user, copy.deepcopy(obj))

    def renew(self, user: str, resource: Resource, obj: Obj) -> None:
        """Give a user's view of an object a new resourceVersion: the lens changed it."""
        self.store.rv += 1
        self._versions[_key(user, resource, obj)] = self.store.rv

    def current(self, user: str, resource: Resource, selection: Selection) -> list[Obj]:
        """Return what a user sees of a selection now."""
        held = self.store.view(resource.plural, selection.namespace)
        seen = held if self.lens is None else [v for o in held if (v := self.one(user, resource, o)) is not None]
        return [obj for obj in seen if selection.holds(obj)]

    def at(self, user: str, resource: Resource, selection: Selection, version: int) -> list[Obj]:
        """Return a selection as it was at a version, by undoing what happened since; 410 when that is forgotten."""
        if version > self.store.rv:
            raise too_large_version(version, self.store.rv)
        objects = {_name(obj): obj for obj in self.store.view(resource.plural)}
        try:
            since = list(self.store.since(resource.plural, version))
        except GoneError as error:
            raise gone(str(error)) from None
        for event in reversed(since):
            if event.type == "ADDED":
                _ = objects.pop(_name(event.obj), None)
            elif event.old is not None:
                objects[_name(event.old)] = event.old
        seen = [self.one(user, resource, objects[key]) for key in sorted(objects)]
        return [obj for obj in seen if obj is not None and selection.holds(obj)]


def _name(obj: Obj) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _key(user: str, resource: Resource, obj: Obj) -> tuple[str, str, str, str]:
    return (user, resource.plural, *_name(obj))


def continue_token(version: int, last: Obj, *, namespaced: bool) -> str:
    """Return the token that continues a list after `last` at the same version."""
    namespace, name = _name(last)
    start = f"{namespace}/{name}" if namespace and not namespaced else name
    text = json.dumps({"v": _TOKEN_VERSION, "rv": version, "start": f"{start}\0"}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(token: str) -> tuple[int, str]:
    """Return a token's version and the name it continues after; 400 for one we did not make."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(raw["rv"]), str(raw["start"]).rstrip("\0")
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("continue key is not valid: the token was not issued by this server") from None


def after(objects: list[Obj], start: str, *, namespaced: bool) -> list[Obj]:
    """Return the objects that come after a token's position."""
    if namespaced:
        return [obj for obj in objects if obj["metadata"]["name"] > start]
    namespace, slash, name = start.rpartition("/")
    return [obj for obj in objects if _name(obj) > ((namespace, name) if slash else ("", start))]
