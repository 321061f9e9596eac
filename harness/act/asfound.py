"""Objects that somebody else changes on our behalf, such as a script: kept as they were found, and put back so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.act.kube import ActError, MissingError, Obj, Ref
from harness.act.objects import printable
from harness.act.undisturbed import undisturbed

if TYPE_CHECKING:
    from types import TracebackType

    from harness.act.drilling import Scene


class AsFound:
    """Some objects for the length of a `with`: whatever was changed meanwhile, leaving puts back what was found.

    Nobody can tell a script's changes from a third person's; what was found wins. `restored` says whether it did.
    """

    def __init__(self, scene: Scene, refs: tuple[Ref, ...]) -> None:
        """Prepare; nothing is read yet."""
        self._scene = scene
        self._refs = refs
        self._found: dict[Ref, Obj] = {}
        self.restored = False

    def __enter__(self) -> AsFound:
        """Read the objects."""
        self._found = {ref: self._scene.permit.kube.get(ref) for ref in self._refs}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Put back what is not back yet; a Ctrl-C stays one, with a note where that failed."""
        if self.restored:
            return
        with undisturbed():
            try:
                self.put_back()
            except ActError as trouble:
                if what is None or isinstance(what, Exception):
                    raise
                what.add_note(str(trouble))

    def put_back(self) -> None:
        """Put every object back as it was found; ActError with the first that can't be."""
        troubles: list[ActError] = []
        for ref, found in self._found.items():
            try:
                self._put_back(ref, found)
            except ActError as trouble:
                troubles.append(trouble)
        if troubles:
            raise troubles[0]
        self.restored = True

    def _put_back(self, ref: Ref, found: Obj) -> None:
        """Hold the object as it is now, and restore the one that was there before."""
        permit = self._scene.permit
        try:
            with self._scene.hold(ref) as hold:
                hold.found = found
            if not hold.restored:
                raise ActError(f"{ref} was not put back: {hold.foreign}")
        except MissingError:
            before, what = printable(found, permit.shown), "make it again: it was removed meanwhile"
            with permit.audit.change(permit.place, str(ref), what, None, before):
                _ = permit.kube.create(ref.resource, found)
