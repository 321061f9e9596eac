"""When to end early: a signal, or the end of standard input, with a last word, where a parent holds the other side."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_STDIN = 0
MOST_SAID = 1000  # characters of a last word


def watch(loop: asyncio.AbstractEventLoop, end: Callable[[str], None]) -> None:
    """Call `end` with the reason, on the loop, when the time has come.

    Only a pipe is watched: /dev/null and closed terminals end at once without meaning anything.
    """
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, end, ending.name)
    try:
        if not stat.S_ISFIFO(os.fstat(_STDIN).st_mode):
            return
    except OSError:  # closed
        return

    def drain() -> None:
        said = b""
        while read := os.read(_STDIN, 4096):
            said = (said + read)[-MOST_SAID:]
        why = " ".join(said.decode(errors="replace").split())
        _told(loop, lambda: end(why or "standard input closed"))

    threading.Thread(target=drain, daemon=True, name="stdin").start()


async def in_background(work: Callable[[], T]) -> T:
    """Run blocking work on a thread that nobody has to wait for when the process ends."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, trouble: BaseException | None) -> None:
        if future.done():
            return
        if trouble is not None:
            future.set_exception(trouble)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType]

    def run() -> None:
        try:
            result, trouble = work(), None
        except BaseException as caught:  # noqa: BLE001  it is handed on to whoever waits
            result, trouble = None, caught
        _told(loop, lambda: settle(result, trouble))

    threading.Thread(target=run, daemon=True, name="work").start()
    return await future


def _told(loop: asyncio.AbstractEventLoop, say: Callable[[], None]) -> None:
    """Tell the loop, unless it is gone already."""
    if not loop.is_closed():
        try:
            _ = loop.call_soon_threadsafe(say)
        except RuntimeError:
            return
