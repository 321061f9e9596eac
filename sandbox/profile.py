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
        environment["cluster_uid"] = said["cluster_uids"][name]
        environment["token_file"] = said["token_file"]
        if "baseline" in environment:
            environment["baseline"] = str(_TEMPLATE.parent / environment["baseline"])
    path = folder / "target.toml"
    _ = path.write_text("\n".join(_toml(settings)) + "\n", encoding="utf-8")
    return path


def _toml(table: dict[str, Any], prefix: str = "") -> list[str]:
    """Return a table as TOML lines; strings, numbers, booleans, lists and tables are all a profile has."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    lines = [f"[{prefix}]", *plain] if prefix else plain
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _toml(cast("dict[str, Any]", value), f"{prefix}.{key}" if prefix else key)
    return lines
