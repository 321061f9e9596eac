"""One running sandbox for the tests that only look or put back what they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox without background users."""
    with Running(tmp_path_factory.mktemp("sandbox"), "--users", "0") as running:
        yield running
