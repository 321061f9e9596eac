"""Ctrl-C counts when the stretch is over, not in it and not never."""

from __future__ import annotations

import signal
import threading

import pytest

from harness.act.undisturbed import undisturbed


def test_ctrl_c_waits_for_the_end_of_the_stretch() -> None:
    done: list[str] = []

    def stretch() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append("in it")
        done.append("after it")

    with pytest.raises(KeyboardInterrupt):
        stretch()
    assert done == ["in it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stretches_may_stand_in_each_other() -> None:
    done: list[str] = []

    def stretch() -> None:
        with undisturbed():
            with undisturbed():
                signal.raise_signal(signal.SIGINT)
            done.append("in the outer one")

    with pytest.raises(KeyboardInterrupt):
        stretch()
    assert done == ["in the outer one"]


def test_who_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        _ = signal.signal(signal.SIGINT, before)


def test_another_thread_has_nothing_to_hold_back() -> None:
    done: list[bool] = []

    def stretch() -> None:
        with undisturbed():
            done.append(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

    thread = threading.Thread(target=stretch)
    thread.start()
    thread.join()
    assert done == [True]
