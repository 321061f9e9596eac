"""Faults that whoever looks at the page in the dark theme must find."""

from __future__ import annotations

from sandbox.faults.fault import Fault


def _dark(name: str, does: str) -> Fault:
    return Fault(name, does, "page", "BB-05", phase="bugbash")


FAULTS: tuple[Fault, ...] = (
    _dark("dark-white-card", "warnings in answers keep their light ground in the dark theme"),
    _dark("dark-white-field", "the field for the question stays white in the dark theme"),
    _dark("dark-invisible-icon", "an icon is drawn in the colour of the dark theme's ground"),
    _dark("dark-lost-on-reload", "the theme that was chosen is kept on the page only, and gone after a reload"),
    _dark("dark-pale-placeholder", "the placeholder has one grey for both themes, too dark for the dark one"),
    _dark("dark-unreadable-question", "a question in the transcript keeps its dark letters in the dark theme"),
    _dark("dark-switch-dead", "the style sheet's dark rules hang on a class that the switch does not set"),
    _dark("dark-state-untold", "the switch says that it is off in both themes"),
    _dark("dark-comes-late", "the theme is set after the first paint, so that each load flashes light"),
    _dark("dark-system-ignored", "a page where nothing was chosen is light, whatever the system prefers"),
    _dark("dark-light-scrollbars", "the dark theme has no colour scheme, so that scroll bars stay light"),
    _dark("dark-no-way-back", "the switch sets the dark theme and never takes it back"),
)
