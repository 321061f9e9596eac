"""Mistakes in how test users are pinned to an arm: D2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.lint import right
from harness.lint.finding import Finding
from harness.lint.sources import FETCHES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lint.page import Page
    from harness.lint.script import Command, Script

_SENDS = FETCHES | {"ab", "hey", "wrk", "k6", "oha"}


def ignored(page: Page) -> Iterator[Finding]:
    """D2: a routing cookie or header with a name or a value that counts for nothing."""
    for script in page.scripts:
        for pipeline in script.pipelines:
            for command in pipeline.commands:
                yield from _pinned(page, command)


def _pinned(page: Page, command: Command) -> Iterator[Finding]:
    names = page.known.of()
    pins = names.env.pins
    good = {"always", "never"}
    for name, value in cookies(command):
        ours = name == pins.cookie
        if not (ours or "canary" in name.lower()) or value.startswith("$"):
            continue
        if not ours or value not in good | {pins.cookie_canary, pins.cookie_stable}:
            typed = right.asking(names, f"Cookie: {pins.cookie}={pins.cookie_canary}")
            why = (
                f"no rule names the cookie {name!r}"
                if not ours
                else f"only {pins.cookie_canary!r} and {pins.cookie_stable!r} count"
            )
            yield Finding(
                "D2",
                page.at(command.line),
                f"the cookie {name}={value}",
                f"{why}: it is ignored and the weight decides",
                typed,
            )
    for name, value in headers(command):
        if name.lower() != pins.header.lower() or value.startswith("$"):
            continue
        if value not in good | {pins.header_canary, pins.header_stable}:
            typed = right.asking(names, f"{pins.header}: {pins.header_canary}")
            why = f"only {pins.header_canary!r} and {pins.header_stable!r} count: it is ignored and the weight decides"
            yield Finding("D2", page.at(command.line), f"the header {name}: {value}", why, typed)


def minded(page: Page, script: Script) -> bool:
    """Tell whether a script pins test users with values that count, or looks at the affinity."""
    pins = page.known.of().env.pins
    good = {"always", "never", pins.cookie_canary, pins.cookie_stable, pins.header_canary, pins.header_stable}
    for pipeline in script.pipelines:
        for command in pipeline.commands:
            if any("affinity" in word or "canary-by-" in word for word in command.words):
                return True
            if any(name == pins.cookie and value in good for name, value in cookies(command)):
                return True
            if any(name.lower() == pins.header.lower() and value in good for name, value in headers(command)):
                return True
    return False


def cookies(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the cookies that a request is sent with."""
    texts = [value for name, value in headers(command) if name.lower() == "cookie"]
    for at, word in enumerate(command.args):
        if command.name in {"curl", "ab"} and word in {"-b", "--cookie", "-C"}:
            texts += command.args[at + 1 : at + 2]
        elif command.name == "curl" and word.startswith("--cookie="):
            texts.append(word.partition("=")[2])
    for text in texts:
        for one in text.split(";"):
            name, given, value = one.strip().partition("=")
            if given:
                yield name, value


def headers(command: Command) -> Iterator[tuple[str, str]]:
    """Yield the headers that a request is sent with."""
    if command.name not in _SENDS:
        return
    for word in command.args:
        name, given, value = word.removeprefix("--header=").removeprefix("-H").partition(":")
        if given and re.fullmatch(r"[A-Za-z][\w-]*", name.strip()) and not value.startswith("//"):
            yield name.strip(), value.strip()
