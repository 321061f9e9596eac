"""Which arm a version is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.answers import Arm


class Arms:
    """Remembers the arm of each version; one that is not known yet is asked for again."""

    def __init__(self, arm_of: Callable[[str], Arm | None] | None) -> None:
        """Ask `arm_of`; without it no arm is known."""
        self._arm_of = arm_of
        self.known: dict[str, Arm] = {}

    def of(self, version: str | None) -> Arm | None:
        """Return the arm of a version, None where the line does not say or it is neither's."""
        if not version:
            return None
        arm = self.known.get(version)
        if arm is None and self._arm_of is not None:
            arm = self._arm_of(version)
            if arm is not None:
                self.known[version] = arm
        return arm
