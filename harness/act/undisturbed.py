"""A stretch that Ctrl-C does not cut in two: it counts when the stretch is over."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


@contextmanager
def undisturbed() -> Generator[None]:
    """Hold SIGINT back until the block has ended, then let it do what it does.

    For single writes and for putting back, which are bounded by the client's time-outs. Outside the main thread
    nothing is held back, since signals don't arrive there.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    came: list[FrameType | None] = []
    _ = signal.signal(signal.SIGINT, lambda _, frame: came.append(frame))
    try:
        yield
    finally:
        _ = signal.signal(signal.SIGINT, before)
        if came and callable(before):
            _ = before(signal.SIGINT, came[0])
        elif came:
            signal.raise_signal(signal.SIGINT)
