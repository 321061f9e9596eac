"""Figures of before a rollout, kept as a file: what the product was like when nobody had changed it yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec

from harness.errors import UsageError
from harness.judge.limit import Tally

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
FORMAT = 1


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`bad` ones of `of`."""

    bad: Count
    of: Count

    def __post_init__(self) -> None:
        """Refuse more bad ones than there are."""
        if self.bad > self.of:
            raise ValueError(f"wanted at most {self.of} bad ones of {self.of}, got {self.bad}")

    @property
    def tally(self) -> Tally:
        """As judges take it."""
        return Tally(self.bad, self.of)


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sessions abandoned, sessions shown something of which none was clicked, and failed requests."""

    format: Annotated[int, msgspec.Meta(ge=FORMAT, le=FORMAT)]
    taken_at: str
    target: str
    environment: str
    abandoned: Part
    unclicked: Part
    failed: Part


def load(path: str) -> Baseline:
    """Read a baseline; UsageError, one line, where there is none."""
    if not path:
        raise UsageError("baseline: the profile's environment names none; `gate evidence baseline RUN` writes one")
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=Baseline)
    except OSError as trouble:
        raise UsageError(
            f"baseline {path}: {trouble.strerror}; write it with `gate evidence baseline RUN`"
        ) from trouble
    except (msgspec.MsgspecError, ValueError) as trouble:
        raise UsageError(f"baseline {path}: {trouble}; write it anew with `gate evidence baseline RUN`") from trouble
