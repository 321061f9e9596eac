"""Change an object and put it back: read, change, see what came of it, restore; never over somebody else's change."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from harness.act.audit import AuditError
from harness.act.kube import ActError, ConflictError, MissingError
from harness.act.objects import based_on, bookless, changes, diff, printable, same, writers_since
from harness.act.undisturbed import undisturbed
from harness.wait import Patience, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from harness.act.guard import Permit
    from harness.act.kube import Obj, Ref

T = TypeVar("T")

ATTEMPTS = 10  # while only bookkeeping moves, as a Deployment's status does when it rolls
_GONE = Patience(within_s=30.0, every_s=0.25)  # finalizers may keep a deleted object
_TOLD = 3  # differences in a message; the audit has all


class ForeignError(ActError):
    """Somebody else changed what we hold; it stays as they left it."""


class Hold:
    """One object for the length of a `with`: every change is based on what was read last, and leaving restores it.

    Restored also when the block ends by an exception or Ctrl-C. What the server and its controllers keep for themselves
    (resourceVersion, generation, managedFields, status, the Deployment's revision annotation, an autoscaler's number of
    replicas) counts as no change. After the block `foreign` says what somebody else changed ("" nothing), `restored`
    whether the object is as found, and `trouble` why it could not be put back ("" it could).
    """

    def __init__(self, permit: Permit, ref: Ref) -> None:
        """Prepare; nothing is read yet."""
        self._permit, self._kube, self.ref = permit, permit.kube, ref
        self.foreign = self.trouble = ""
        self.restored = False
        self.found: Obj = {}
        self._now: Obj = {}
        self._ours: tuple[Obj | None, ...] = ()  # what may be there by our doing; None: nothing
        self._kept = False

    def __enter__(self) -> Hold:
        """Read the object as it is found; `self.found` is it. MissingError, ActError."""
        self.found = self._now = self._kube.get(self.ref)
        self._ours = (self.found,)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Restore what was found, unless `keep` was called or somebody else changed it.

        ActError if it can't be restored, which also tells what ended the block; a Ctrl-C stays one, with a note.
        """
        if self._kept:
            return
        with undisturbed():
            try:
                self.restore()
            except ForeignError as trouble:
                if what is not None:
                    what.add_note(str(trouble))
            except ActError as trouble:
                self.trouble = str(trouble)
                if what is None:
                    raise
                if isinstance(what, Exception):
                    first = (str(what).splitlines() or [""])[0]
                    raise ActError(f"{trouble}; before that: {type(what).__name__}: {first}") from what
                what.add_note(self.trouble)

    @property
    def now(self) -> Obj:
        """The object as we last saw or made it."""
        return self._now

    def patch(self, what: str, body: Obj, *, strategic: bool = False) -> Obj:
        """Change it, with an audit line; ForeignError if somebody else did meanwhile.

        The server is first asked what would come of it: that stands in the audit before it is done. In a dry run that
        is all, and each patch is based on what is there, not on the one before.
        """
        self.restored = False
        return self._insist(what, lambda: self._patch(what, body, strategic=strategic))

    def remove(self, what: str) -> None:
        """Delete it and wait until it is gone; leaving the block makes it again."""
        self.restored = False
        self._insist(what, lambda: self._remove(what))

    def restore(self) -> None:
        """Put it back now, inside the block, as the way back of a drill; ForeignError."""
        self._insist("restore", self._restore)

    def keep(self) -> None:
        """Leave it as it is now: what was found is not restored any more."""
        self._kept = True

    def _patch(self, what: str, body: Obj, *, strategic: bool) -> Obj:
        base = self._look()
        if base is None:
            raise ActError(f"{what}: wanted {self.ref} to be there, it was removed just before; restore it first")

        def send(*, dry_run: bool) -> Obj:
            version = base["metadata"]["resourceVersion"]
            return self._kube.patch(self.ref, body, version=version, strategic=strategic, dry_run=dry_run)

        would = send(dry_run=True)
        before, after = self._sides(base, would)
        if self._permit.dry_run or same(base, would):
            self._unchanged(what, before, after)
            self._now = would
        else:
            self._write(what, before, after, would, lambda: send(dry_run=False))
        return self._now

    def _remove(self, what: str) -> None:
        base = self._look()
        if base is None:
            return
        about = base["metadata"]

        def send(*, dry_run: bool) -> None:
            self._kube.delete(self.ref, version=about["resourceVersion"], uid=about["uid"], dry_run=dry_run)

        before = printable(base, self._permit.shown)
        if self._permit.dry_run:
            send(dry_run=True)
            self._unchanged(what, before, None)
            return
        self._write(what, before, None, None, lambda: send(dry_run=False))
        waited = until(lambda there: there is None, lambda: self._get(about["uid"]), self._permit.audit.clock, _GONE)
        if waited.last is not None:
            raise ActError(_lingering(self.ref, waited.last))

    def _restore(self) -> None:
        current = self._look()
        if current is not None and (self._permit.dry_run or same(self.found, current)):
            self._now, self.restored = current, True
            return
        if current is None:
            before, after, would = None, printable(self.found, self._permit.shown), bookless(self.found)
        else:
            before, after = self._sides(current, self.found)
            would = based_on(self.found, current)

        def send() -> Obj:
            if current is None:
                return self._kube.create(self.ref.resource, would)
            return self._kube.replace(self.ref, would)

        self._write("restore", before, after, would, send, audited=False)
        self.restored = same(self.found, self._now)
        if not self.restored:
            left = _few(diff(self.found, self._now, self._permit.shown))
            raise ActError(f"{self.ref}: put back, but the API made something else of it: {left}; mend it by hand")

    def _insist(self, what: str, once: Callable[[], T]) -> T:
        """Do it again on a conflict: `_look` ends that where somebody else's change was the cause."""
        for _ in range(ATTEMPTS):
            try:
                return once()
            except ConflictError:
                continue
        raise ActError(
            f"{what}: wanted {self.ref} to hold still, its bookkeeping moved {ATTEMPTS} times in between; "
            f"see what writes to it: {self._kube.kubectl('get', str(self.ref), '-o', 'yaml', '--show-managed-fields')}"
        )

    def _get(self, uid: str = "") -> Obj | None:
        """Return the object, if it is there (and is the one with this uid)."""
        try:
            found = self._kube.get(self.ref)
        except MissingError:
            return None
        return found if uid in {"", found["metadata"]["uid"]} else None

    def _look(self) -> Obj | None:
        """Return the object as it is (None: not there), or raise ForeignError if that is not our doing."""
        current = self._get()
        if current is not None and None in self._ours and current["metadata"].get("deletionTimestamp"):
            raise ActError(_lingering(self.ref, current))
        if not any(_is(one, current) for one in self._ours):
            self.foreign = self._told(current)
            self.restored = current is not None and same(self.found, current)
            raise ForeignError(self.foreign)
        self._ours = (current,)
        return current

    def _write(
        self,
        what: str,
        before: object,
        after: object,
        would: Obj | None,
        send: Callable[[], Obj | None],
        *,
        audited: bool = True,
    ) -> None:
        """Write between two audit lines; while the answer is out, the old state and the new may both be our doing.

        Not `audited`: putting back goes on where the audit can't be written, and that is said afterwards.
        """
        settled = self._ours
        written = False

        def once() -> None:
            nonlocal written
            self._ours = (*settled, would)
            try:
                made = send()
            except ConflictError:
                self._ours = settled
                raise
            self._ours, self._now, written = (made,), made or self._now, True

        with undisturbed():
            try:
                with self._permit.audit.change(self._permit.place, str(self.ref), what, before, after):
                    once()
            except AuditError as trouble:
                if audited:
                    raise
                if not written:
                    once()
                self.restored = same(self.found, self._now)
                raise ActError(f"{self.ref} was put back, but {trouble}") from trouble

    def _unchanged(self, what: str, before: object, after: object) -> None:
        audit = self._permit.audit
        audit.end(audit.begin(self._permit.place, str(self.ref), what, before, after), "unchanged")

    def _sides(self, old: Obj, new: Obj) -> tuple[dict[str, object], dict[str, object]]:
        differing = changes(old, new, self._permit.shown)
        return {path: pair[0] for path, pair in differing.items()}, {path: pair[1] for path, pair in differing.items()}

    def _told(self, current: Obj | None) -> str:
        """Say what somebody else did, and what it takes to have it as found."""
        ours = self._ours[-1]
        if current is None:
            return f"somebody else removed {self.ref}; it is left so, make it again from the audit's first line on it"
        shown = self._permit.shown
        writers = writers_since(ours or {}, current)
        by = f" ({writers})" if writers else ""
        left = _few(diff(current, self.found, shown)) or "nothing"
        if ours is None or ours["metadata"].get("uid") != current["metadata"]["uid"]:
            return f"somebody else made {self.ref} anew{by}; it is left so, to have it as found change: {left}"
        did = _few(diff(ours, current, shown)) or "the order of a list"
        return f"somebody else changed {self.ref}{by}: {did}; it is left so, to have it as found change: {left}"


def _is(one: Obj | None, current: Obj | None) -> bool:
    """Tell whether what is there is a state of ours; the same again under another uid is somebody else's."""
    if one is None or current is None:
        return one is current
    return same(one, current) and one["metadata"].get("uid", current["metadata"]["uid"]) == current["metadata"]["uid"]


def _few(lines: list[str]) -> str:
    more = f"; and {len(lines) - _TOLD} more" if len(lines) > _TOLD else ""
    return "; ".join(lines[:_TOLD]) + more


def _lingering(ref: Ref, obj: Obj) -> str:
    held = ", ".join(obj["metadata"].get("finalizers") or []) or "nothing named"
    return (
        f"{ref}: wanted it gone, it is still being deleted, held by finalizers: {held}; see to them, then make it again"
    )
