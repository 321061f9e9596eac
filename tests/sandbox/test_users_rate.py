"""How many users come can be changed while the sandbox runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sandbox import control
from sandbox.control import users
from sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


class Recorded(Sandbox):
    """The switchboard of a sandbox that has nothing else: its users are only counted."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.users_per_s = 3.0
        self.did: list[str] = []
        self._switching = asyncio.Lock()

    async def _begin_users(self) -> None:
        self.did.append(f"begin {self.users_per_s:g}")

    async def _end_users(self) -> None:
        self.did.append("end")


@pytest.fixture
def sandbox(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


@pytest.mark.parametrize(("per_s", "did"), [(3, []), (5, ["end", "begin 5"]), (0, ["end", "begin 0"])])
def test_users_leave_before_others_come_at_another_rate(sandbox: Recorded, per_s: float, did: list[str]) -> None:

    asyncio.run(sandbox.let_come(per_s))
    assert sandbox.did == did


@pytest.mark.parametrize("per_s", [-1, 601, float("nan")])
def test_a_rate_that_nobody_can_keep_is_refused(sandbox: Recorded, per_s: float) -> None:

    with pytest.raises(ValueError, match="wanted 0 to 600 requests per second"):
        asyncio.run(sandbox.let_come(per_s))
    assert sandbox.did == []


def test_over_the_socket_a_refusal_is_one_line(sandbox: Recorded) -> None:

    async def tell() -> None:
        runner = await control.serve(sandbox)
        try:
            assert await users(sandbox.state, 7.5) == 7.5
            with pytest.raises(ValueError, match="wanted 0 to 600"):
                _ = await users(sandbox.state, 1e6)
        finally:
            await runner.cleanup()

    asyncio.run(tell())
    assert sandbox.did == ["end", "begin 7.5"]
