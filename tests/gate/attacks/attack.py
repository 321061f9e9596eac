"""One attack: what is done, and what the gate has to say of it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.gate.attacks.scene import opened, seal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.attacks.scene import Do, Scene
    from tests.gate.builder import Folder


@dataclass(frozen=True)
class Attack:
    """`do` changes the scene; then `gate verify` ends with `exits`, and `says` stands in what it prints."""

    name: str
    says: str
    do: Do
    exits: int = 1


def on(how: Callable[[Folder], object]) -> Do:
    """Do something to the run's folder."""
    return lambda scene: how(scene.folder)


def both(*ways: Do) -> Do:
    """Do one after the other."""

    def do(scene: Scene) -> None:
        for way in ways:
            _ = way(scene)

    return do


def payload(how: Callable[[dict[str, Any]], object]) -> Do:
    """Change what is signed, and leave the signature as it is."""

    def do(scene: Scene) -> None:
        said = opened(scene.file)
        _ = how(said)
        scene.put(scene.wire() | {"payload": base64.b64encode(json.dumps(said).encode()).decode()})

    return do


def signed(how: Callable[[dict[str, Any]], object], key: str = "gate") -> Do:
    """Change what is signed, and sign it: by default with a key that counts."""

    def do(scene: Scene) -> None:
        said = opened(scene.file)
        _ = how(said)
        scene.put(seal(json.dumps(said).encode(), scene.key(key)))

    return do


def verdict(**fields: Any) -> Callable[[dict[str, Any]], object]:
    """Change fields of the verdict in a payload."""
    return lambda said: said["predicate"]["verdict"].update(fields)


def predicate(**fields: Any) -> Callable[[dict[str, Any]], object]:
    """Change fields beside the verdict in a payload."""
    return lambda said: said["predicate"].update(fields)
