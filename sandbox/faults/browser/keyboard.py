"""Faults that those find who use the keyboard alone."""

from __future__ import annotations

from sandbox.faults.fault import Fault, V


def _keyboard(name: str, does: str, *implied: str) -> Fault:
    return Fault(name, does, "page", "AX-02", implied=dict.fromkeys(implied, V), phase="a11y")


FAULTS: tuple[Fault, ...] = (
    _keyboard("keyboard-trap-composer", "Tab writes a tab into the question and never leaves it"),
    _keyboard("keyboard-trap-rating", "Tab goes round the two buttons of the rating"),
    _keyboard("keyboard-trap-menu", "a menu in the header keeps Tab within and ignores Escape"),
    _keyboard("keyboard-menu-stays", "a menu in the header does not close on Escape"),
    _keyboard(
        "keyboard-menu-mouse",
        "a menu in the header opens when a mouse is pressed, and not on Enter",
        "AX-04",  # nor on a click without a press, as screen readers make it: it says that it stays closed
    ),
    _keyboard("keyboard-menu-loses-focus", "a menu in the header closes on Escape, and focus is nowhere then"),
    _keyboard("keyboard-unreachable", "the rating's buttons are taken out of the order of stops"),
    _keyboard("keyboard-mouse-only", "suggested questions are texts that can be clicked"),
    _keyboard("keyboard-order-rating", "the rating stands above the answer and comes after it"),
    _keyboard("keyboard-order-examples", "the examples are shown from the last to the first"),
    _keyboard("keyboard-positive-tabindex", "the button that sends has tabindex 1"),
    _keyboard("keyboard-no-way-back", "Shift and Tab do not leave the question"),
    _keyboard(
        "keyboard-unseen-stop",
        "a button that was faded out still takes focus",
        "AX-03",  # its ring is faded out with it
    ),
)
