"""Faults that only a browser shows: in the page's files, or in what the service gives the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.browser import (
    actions,
    axe,
    cards,
    contrast,
    dark,
    fitting,
    keyboard,
    names,
    rendering,
    rings,
    tables,
)

if TYPE_CHECKING:
    from sandbox.faults.fault import Fault

BROWSER: tuple[Fault, ...] = (
    *actions.FAULTS,
    *axe.FAULTS,
    *cards.FAULTS,
    *contrast.FAULTS,
    *dark.FAULTS,
    *fitting.FAULTS,
    *keyboard.FAULTS,
    *names.FAULTS,
    *rendering.FAULTS,
    *rings.FAULTS,
    *tables.FAULTS,
)
