"""A pod of the product with its stores, and one Chromium, for all looks of a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.observe.page import chromium
from harness.observe.page.browser import Browser
from harness.target import Environment, Target
from tests.pages.decided import Shower, no_go
from tests.sandbox.product_pods import Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.report.deciding.model import Decision


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    _ = chromium.install(print)
    with Town() as town:
        _ = town.store("redis-service")
        _ = town.store("mongodb-service")
        yield town


@pytest.fixture(scope="session")
def url(town: Town) -> str:
    return town.pod().url


@pytest.fixture(scope="session")
def open_browser(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    target = Target("pod", {"staging": Environment(url=url)})
    with Browser(target, url, tmp_path_factory.mktemp("page")) as browser:
        yield browser


@pytest.fixture
def browser(open_browser: Browser, town: Town) -> Iterator[Browser]:
    """The browser at a page without any fault; `town.faults(NAME)` puts one in for this test."""
    town.faults()
    yield open_browser
    open_browser.forget()
    town.faults()


@pytest.fixture
def folder(open_browser: Browser) -> Path:
    return open_browser.folder


@pytest.fixture(scope="session")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Decision:
    return no_go(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def show(open_browser: Browser, decided: Decision, tmp_path: Path) -> Iterator[Shower]:
    """Opens the decision's page from its file, in a window and a theme, with the scripts of our looks."""
    shower = Shower(open_browser, decided, tmp_path)
    yield shower
    shower.close()
