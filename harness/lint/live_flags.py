"""D11 in a live cluster: a flag that stands in two places with two values. Only the profile's flags are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.lint.finding import Finding
from harness.lint.shape import containers, name, rows, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lint.names import Names
    from harness.observe.snapshot import ClusterSnapshot


def differ(snapshot: ClusterSnapshot, names: Names) -> Iterator[Finding]:
    """Yield each flag whose value in a Deployment's env is another than in a ConfigMap that it also takes."""
    if snapshot.trouble("deployments", "configmaps"):
        return
    maps = {name(item): table(item.get("data")) for item in snapshot.part("configmaps").items}
    ours = set(names.env.deployments.values())
    flags = [flag.env for flag in names.target.flags]
    for item in snapshot.part("deployments").items:
        if name(item) in ours:
            for container in containers(item):
                yield from _of(container, name(item), maps, flags, names)


def _of(
    container: dict[str, Any], deployment: str, maps: dict[str, dict[str, Any]], flags: list[str], names: Names
) -> Iterator[Finding]:
    own = {str(table(entry).get("name")): table(entry).get("value") for entry in rows(container.get("env"))}
    for source in rows(container.get("envFrom")):
        config = str(table(table(source).get("configMapRef")).get("name") or "")
        prefix = str(table(source).get("prefix") or "")
        for flag in flags:
            here, there = own.get(flag), maps.get(config, {}).get(flag.removeprefix(prefix))
            if flag.startswith(prefix) and here is not None and there is not None and here != there:
                yield Finding(
                    "D11",
                    f"{names.environment}: deployment/{deployment}",
                    f"{flag} is {here!r} in its env and {there!r} in configmap/{config}",
                    "its own env wins: whoever reads or changes the ConfigMap sees another value than the pods have",
                    f"{names.kubectl} set env deployment/{deployment} {flag}- # and set it in configmap/{config}",
                )
