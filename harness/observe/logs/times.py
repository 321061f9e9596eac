"""The times that lines carry, as seconds of UTC."""

from __future__ import annotations

import datetime

ODD_S = 86_400.0  # a line that claims to be further than this from when the node kept it does not know the time
MINUTES = 2000  # remembered


class Times:
    """Reads RFC 3339 times; those of minutes that it has seen lately cost little."""

    def __init__(self) -> None:
        """Begin with no minute known."""
        self._minutes: dict[str, float] = {}

    def written_s(self, text: str | None, at_s: float | None) -> float | None:
        """Return when a line was written: its own time, or `at_s`, the node's, where it has none that can be right."""
        if not text:
            return at_s
        found = self.utc(text)
        if found is None or (at_s is not None and not -ODD_S < found - at_s < ODD_S):
            return at_s
        return found

    def utc(self, text: str) -> float | None:
        """Return a time in seconds of UTC; None if it is none."""
        minute_s = self._minutes.get(text[:17])
        if minute_s is not None and text[-1] == "Z":
            try:
                return minute_s + float(text[17:-1])
            except ValueError:
                return None
        found = utc(text)
        if found is not None and text.endswith("Z") and text[10:11] == "T" and text[16:17] == ":":
            if len(self._minutes) >= MINUTES:
                self._minutes.clear()
            self._minutes[text[:17]] = found - float(text[17:-1])
        return found


def utc(text: str) -> float | None:
    """Return an RFC 3339 time as seconds of UTC; None for anything else, and for a time without its zone."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.timestamp() if found.tzinfo is not None else None
