"""Faults that automated accessibility rules must find, wherever on the page and in whatever state they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.fault import Expected, Fault, V

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = "AX-01"
_NEEDS_SIGNOFF: Expected = ("UNKNOWN", "NEEDS_SIGNOFF")


def _axe(name: str, does: str, expected: Expected = V, implied: Mapping[str, Expected] | None = None) -> Fault:
    return Fault(name, does, "page", _LINE, expected, implied or {}, phase="a11y")


FAULTS: tuple[Fault, ...] = (
    _axe("axe-label-missing", "a search field has no label", implied={"AX-04": V}),  # nobody hears what it is for
    _axe("axe-role-unknown", "a callout has a role that doesn't exist"),
    _axe("axe-list-broken", "the list of examples holds other elements than its items"),
    _axe("axe-value-unknown", "the rating's buttons are neither pressed nor not pressed"),
    _axe("axe-name-nowhere", "the landing section takes its name from an id that is nowhere"),
    _axe("axe-in-frame", "a meter without a name stands in a frame"),
    _axe("axe-in-shadow-root", "a meter without a name stands in an open shadow root"),
    _axe("axe-lang-missing", "the page does not say its language"),
    _axe("axe-lang-unknown", "the page says a language that doesn't exist"),
    _axe("axe-dark-only", "in the dark theme the header has a role that doesn't exist"),
    _axe("axe-hovered-only", "a button shows a hint with a role that doesn't exist, while the pointer is over it"),
    _axe("axe-focused-only", "a button is described by an id that is nowhere, while it has focus"),
    _axe("axe-failed-only", "the message of an answer that failed has a role that doesn't exist"),
    _axe("axe-id-twice", "an answer's title and its table's caption have the same id", _NEEDS_SIGNOFF),
)
