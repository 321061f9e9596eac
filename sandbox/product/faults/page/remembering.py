"""Defects of how the page keeps a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED = "session ? { question, session_id: session } : { question }"
_KEPT = "  keepSession(answer.meta.session_id);"

EDITS: Mapping[str, tuple[Edit, ...]] = {
    "page-no-session": (Edit("api.js", _NAMED, "{ question }"),),
    "page-session-misnamed": (Edit("api.js", _NAMED, "session ? { question, session } : { question }"),),
    "page-session-renewed": (Edit("api.js", _KEPT, "  keepSession(`${answer.meta.session_id}-${Date.now()}`);"),),
    "page-new-keeps-session": (Edit("app.js", "  api.keepSession(null);\n", ""),),
}
