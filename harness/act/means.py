"""What a drill needs of users, conversations and held objects: the shapes of the real ones and of those in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from harness.act.kube import Obj
    from harness.judge.drill import Recalled, Seen
    from harness.observe.recall import Told


class Users(Protocol):
    """The users' stream, as far as drills need it (UserStream is one)."""

    def __enter__(self) -> Users:
        """Start."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """End."""
        ...

    def now_s(self) -> float:
        """Return seconds since it began."""
        ...

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        """Return the requests that have ended and were due since then."""
        ...


class Memory(Protocol):
    """Conversations (Talker is one)."""

    def tell(self, count: int) -> tuple[Told, ...]:
        """Open conversations."""
        ...

    def ask(self, told: Sequence[Told], when: str) -> tuple[Recalled, ...]:
        """Ask them again."""
        ...


class HoldLike(Protocol):
    """One object that is changed and put back (Hold is one)."""

    found: Obj

    def __enter__(self) -> HoldLike:
        """Read it."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        """Put it back."""
        ...

    @property
    def now(self) -> Obj:
        """The object as it was last seen."""
        ...

    def patch(self, what: str, body: Obj, *, strategic: bool = False) -> Obj:
        """Change it."""
        ...

    def remove(self, what: str) -> None:
        """Delete it."""
        ...

    def restore(self) -> None:
        """Put it back now."""
        ...

    def keep(self) -> None:
        """Leave it."""
        ...

    @property
    def foreign(self) -> str:
        """What somebody else changed."""
        ...

    @property
    def restored(self) -> bool:
        """Whether it is as it was found."""
        ...
