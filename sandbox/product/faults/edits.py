"""Faults in the page: defects as somebody could have written them, put into its files as they are served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page import EDITS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


def edited(file: str, body: bytes, active: AbstractSet[str]) -> bytes:
    """Return a file of the page as the active faults serve it; without any, as it is."""
    wanted = [edit for name in sorted(active & EDITS.keys()) for edit in EDITS[name] if edit.file == file]
    if not wanted:
        return body
    text = body.decode()
    for edit in wanted:
        text = text.replace(edit.old, edit.new)
    return text.encode()
