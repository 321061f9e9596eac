"""Samples put together again as they were taken: one scrape of one target at one instant."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from harness.observe.prometheus.api import NoAnswerError, Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.observe.prometheus.naming import Naming

Key: TypeAlias = tuple[tuple[str, str], ...]
"""A series' labels, its metric's name included, sorted."""

Instance: TypeAlias = tuple[str, ...]
"""The values of the labels that tell targets apart."""

_NAME = "__name__"


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one target said at an instant (seconds of UTC, whole milliseconds)."""

    instance: Instance
    at_s: float
    values: Mapping[Key, float]


def scrapes(found: Iterable[Series], naming: Naming) -> list[Scrape]:
    """Return the scrapes that samples came from, in the order of time; NoAnswerError for a value that can't be read."""
    together: dict[tuple[float, Instance], dict[Key, float]] = defaultdict(dict)
    for series in found:
        instance = tuple(series.metric.get(label, "") for label in naming.instance)
        key = tuple(sorted(series.metric.items()))
        for at_s, text in series.values:
            together[round(at_s, 3), instance][key] = _number(text)
    return [Scrape(instance, at_s, values) for (at_s, instance), values in sorted(together.items())]


def dated(values: Sequence[Series], times: Sequence[Series], name: str) -> list[Series]:
    """Return the samples behind a range answer, each once, from the same question's values and sample times."""
    when = {_labels(series): dict(series.values) for series in times}
    found: list[Series] = []
    for series in values:
        of = when.get(_labels(series), {})
        samples = {round(_number(of[at_s]), 3): text for at_s, text in series.values if at_s in of}
        found.append(Series(series.metric | {_NAME: name}, sorted(samples.items())))
    return found


def metric(key: Key) -> str:
    """Return the name of a series' metric."""
    return dict(key).get(_NAME, "")


def shown(key: Key) -> str:
    """Return a series as people write it."""
    labels = ",".join(f'{label}="{value}"' for label, value in key if label != _NAME)
    return f"{metric(key)}{{{labels}}}"


def _labels(series: Series) -> Key:
    return tuple(sorted(pair for pair in series.metric.items() if pair[0] != _NAME))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise NoAnswerError(f"prometheus: wanted a number as a sample's value, got {text[:20]!r}") from None
