"""Every defect of the page by the fault that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page import (
    actions,
    axe,
    cards,
    contrast,
    dark,
    examples,
    fitting,
    keyboard,
    names,
    remembering,
    rendering,
    rings,
    tables,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.page.edit import Edit

EDITS: Mapping[str, tuple[Edit, ...]] = {
    **actions.EDITS,
    **axe.EDITS,
    **cards.EDITS,
    **contrast.EDITS,
    **dark.EDITS,
    **examples.EDITS,
    **fitting.EDITS,
    **keyboard.EDITS,
    **names.EDITS,
    **remembering.EDITS,
    **rendering.EDITS,
    **rings.EDITS,
    **tables.EDITS,
}
