"""Tokens from a file that somebody keeps fresh."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.clock import FakeClock
from harness.observe.watching.tokens import LOOK_EVERY_S, Tokens

if TYPE_CHECKING:
    from pathlib import Path


def put(path: Path, text: bytes, stamp: int) -> None:
    _ = path.write_bytes(text)
    os.utime(path, ns=(stamp, stamp))


def test_users_take_turns(tmp_path: Path) -> None:
    put(tmp_path / "tokens", b"one\n\n two \n", 1)
    tokens = Tokens(str(tmp_path / "tokens"), FakeClock())
    assert tokens.any
    assert [tokens() for _ in range(3)] == ["one", "two", "one"]


def test_no_file_has_no_tokens(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "none"), str(tmp_path)):
        tokens = Tokens(path, FakeClock())
        assert not tokens.any
        assert tokens() == ""


def test_a_file_that_changes_is_read_again_in_time(tmp_path: Path) -> None:
    path, clock = tmp_path / "tokens", FakeClock()
    put(path, b"old", 1)
    tokens = Tokens(str(path), clock)
    put(path, b"new", 2)
    assert tokens() == "old"
    clock.sleep(LOOK_EVERY_S)
    assert tokens() == "new"


def test_a_file_that_is_gone_empty_or_no_text_leaves_the_tokens_that_are_known(tmp_path: Path) -> None:
    path, clock = tmp_path / "tokens", FakeClock()
    put(path, b"old", 1)
    tokens = Tokens(str(path), clock)
    for stamp, text in ((2, b""), (3, b"\xff\xfe\x00"), (4, b"\n \n")):
        put(path, text, stamp)
        clock.sleep(LOOK_EVERY_S)
        assert tokens() == "old"
    path.unlink()
    clock.sleep(LOOK_EVERY_S)
    assert tokens() == "old"
