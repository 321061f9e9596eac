"""Write the profile of a running sandbox, so that `pytest --target FILE` can attach to it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, cast

_TEMPLATE = Path(__file__).parent.parent / "targets" / "sandbox.toml"


def profile(said: dict[str, Any], folder: Path) -> Path:
    """Write targets/sandbox.toml with the addresses filled in and nothing to launch; return the file."""
    settings = tomllib.loads(_TEMPLATE.read_text(encoding="utf-8"))
    _ = settings.pop("launch", None)
    urls = {"production": said["url"], "staging": said["staging_url"]}
    for name, environment in settings["environments"].items():
        environment["url"] = urls[name]
        environment["kubeconfig"] = said["kubeconfigs"]["reader"]
        environment["act_kubeconfig"] = said["act_kubeconfig"]
        environment["rollback_script"] = said["rollback_script"]
        environment["cluster_uid"] = said["cluster_uids"][name]
        environment["token_file"] = said["token_file"]
        if "baseline" in environment:
            environment["baseline"] = _beside(environment["baseline"])
    settings["around"] = said["around"]
    decisions = settings["decisions"]
    for key in ("folder", "attestations"):
        decisions[key] = _beside(decisions[key])
    decisions["keys"] = [_beside(key) for key in decisions["keys"]]
    path = folder / "target.toml"
    _ = path.write_text("\n".join(_toml(settings)) + "\n", encoding="utf-8")
    return path


def _beside(path: str) -> str:
    """Return a path of the template's, which is relative to the template, as an absolute one."""
    return str((_TEMPLATE.parent / path).resolve())


def _toml(table: dict[str, Any], prefix: str = "") -> list[str]:
    """Return a table as TOML lines."""
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    lines = [f"[{prefix}]", *plain] if prefix else plain
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _toml(cast("dict[str, Any]", value), f"{prefix}.{key}" if prefix else key)
    return lines


def _value(value: object) -> str:
    """Return a value in one line: lists and the tables in them inline, the rest as JSON writes it."""
    if isinstance(value, dict):
        held = cast("dict[str, object]", value)
        return "{" + ", ".join(f"{key} = {_value(one)}" for key, one in held.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in cast("list[object]", value)) + "]"
    return json.dumps(value)
