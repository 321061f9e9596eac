"""The target's own rollback script, as its team ships it: bash and kubectl, and more trusting than it should be."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_TEMPLATE = Path(__file__).parent / "manifests" / "rollback.sh"


def write(folder: Path) -> Path:
    """Write the script into a new folder and return its path; it uses kubectl by its absolute path."""
    folder.mkdir(parents=True)
    path = folder / "rollback.sh"
    text = _TEMPLATE.read_text(encoding="utf-8")
    _ = path.write_text(text.replace("KUBECTL=kubectl\n", f"KUBECTL={shlex.quote(kubectl())}\n"), encoding="utf-8")
    path.chmod(0o755)
    return path


def kubectl() -> str:
    """Return the path of the kubectl that the wheel installed, or of the system's."""
    beside = Path(sys.executable).with_name("kubectl")
    return str(beside) if beside.exists() else shutil.which("kubectl") or "kubectl"
