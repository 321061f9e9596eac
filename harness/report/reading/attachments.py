"""Are the attachments that Allure's results name the ones that are there? Told by place, since both can be many."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from harness.report.deciding.columns import located
from harness.report.deciding.model import Blocker
from harness.report.reading.parsed import RUN_AGAIN, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER: Final = "allure-results/"


class Attachments:
    """What is named and what is there. Results name a file without its folder, wherever below FOLDER it lies."""

    def __init__(self, names: Iterable[str]) -> None:
        """Look at the files of these names, each below FOLDER."""
        self._names = sorted(names)
        self._named = bytearray(len(self._names))  # by place in the names, and so is what is there
        self._there = bytearray(len(self._names))
        self._next = 0  # most are told in the names' order
        self._elsewhere: set[str] = set()  # is named, and no file of that name lies right in the folder

    def there(self, name: str) -> None:
        """Say that a file is there; `name` is one of those that were listed."""
        place = located(self._names, name, self._next)
        if place is not None:
            self._there[place] = True
            self._next = place + 1

    def named(self, sources: Iterable[str]) -> None:
        """Say that a result names these."""
        for source in sources:
            place = self._right_in(source)
            if place is None:
                self._elsewhere.add(source)
            else:
                self._named[place] = True

    def troubles(self) -> Iterator[Blocker]:
        """Give what is named and not there, then what is an attachment and not named."""
        all_there = itertools.compress(self._names, self._there)
        below = {base(name) for name in all_there if "/" in name.removeprefix(FOLDER)}
        gone = (place for place, named in enumerate(self._named) if named and not self._there[place])
        lost = self._elsewhere.union(base(self._names[place]) for place in gone)
        for source in sorted(lost - below):
            said = f"allure-results/{shown(source)} is named by a result, but is not there"
            yield Blocker("INCOMPLETE", f"{said}; {RUN_AGAIN}")
        for name, there, named in zip(self._names, self._there, self._named, strict=True):
            if there and not named and "-attachment" in name and not self._is_named(base(name)):
                said = f"{name} belongs to no result: the test that made it was killed, or it was put there"
                yield Blocker("EXTRA_FILE", f"{said}; run again")

    def _is_named(self, source: str) -> bool:
        place = self._right_in(source)
        return source in self._elsewhere if place is None else bool(self._named[place])

    def _right_in(self, source: str) -> int | None:
        """Return the place of the file of that name which lies right in the folder."""
        return None if "/" in source else located(self._names, FOLDER + source)


def base(name: str) -> str:
    """Return a file's name without its folder."""
    return name.rpartition("/")[2]
