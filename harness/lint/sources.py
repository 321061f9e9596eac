"""Where the text in a pipeline comes from: pods' logs or a document, also by way of a variable or a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.lint import kubectl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.lint.page import Page
    from harness.lint.script import Command, Pipeline, Script

FETCHES = {"curl", "wget", "http", "https", "xh"}
_PRINTS = {"echo", "printf", "cat", "zcat", "less", "tail", "head"}
_LOG_FILE = re.compile(r"[^\s]*\.log(\.\d+)?(\.gz)?|.*/logs?/.*")


def of_logs(page: Page) -> Iterator[tuple[Script, Pipeline]]:
    """Yield the pipelines that read pods' logs."""
    yield from _reading(page, _is_logs)


def of_metrics(page: Page) -> Iterator[tuple[Script, Pipeline]]:
    """Yield the pipelines that read one of the product's metrics documents."""
    paths = page.known.target.metrics.paths
    yield from _reading(page, lambda command: any(is_metrics(url, paths) for url in addresses(command)))


def is_metrics(url: str, paths: tuple[str, ...]) -> bool:
    """Tell whether an address is that of a metrics document in JSON; Prometheus text is none."""
    path = url if "://" not in url else urlsplit(url).path
    return any(known in path for known in paths) or bool(
        re.search(r"/(metrics|observability)/\w|/observability\b", path)
    )


def addresses(command: Command) -> tuple[str, ...]:
    """Return what a command fetches: every word of curl and its like that looks like an address."""
    if command.name not in FETCHES:
        return ()
    return tuple(
        word for word in command.args if "://" in word or re.match(r"(\$\w+|\$\{\w+\}|[\w.-]+(:\d+)?)?/\w", word)
    )


def _is_logs(command: Command) -> bool:
    found = kubectl.parse(command)
    if found is not None:
        return found.verb == "logs"
    if command.name in {"stern", "kail"}:
        return True
    return any(_LOG_FILE.fullmatch(word) for word in (*command.args, command.reads))


def _reading(page: Page, is_source: Callable[[Command], bool]) -> Iterator[tuple[Script, Pipeline]]:
    kept: set[str] = set()
    for script in page.scripts:
        for pipeline in script.pipelines:
            if any(is_source(command) or _hands_on(command, kept) for command in pipeline.commands):
                last = pipeline.commands[-1]
                kept |= {name for name in (f"${pipeline.into}", last.to) if len(name) > 1}
                yield script, pipeline


def _hands_on(command: Command, kept: set[str]) -> bool:
    """Tell whether a command prints a variable, or reads a file, that came from such a source."""
    plain = {word.replace("{", "").replace("}", "") for word in (*command.args, command.reads)}
    return bool(kept & plain) and (command.name in _PRINTS or bool(command.reads) or bool(kept & set(command.args)))
