"""Run the target's own rollback script: as it is, for so long and no longer, and without believing a word of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.act.kube import ActError
from harness.judge.drill import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from harness.target import Environment

MOST = 20_000  # characters of output that are kept
LAST = 200  # of the last line
DEFAULT_KUBECONFIG = Path("~/.kube/config")
_SECRETS = (
    re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"),  # a JSON web token
    re.compile(r"-----BEGIN [^-]+-----.*?(?:-----END [^-]+-----|\Z)", re.DOTALL),
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)(?:(?<=token)|(?<=secret)|(?<=password)|(?<=key-data)|(?<=certificate-data))\s*[=:]\s*\S+"),
)
_LONG = re.compile(r"(?<=[:\s])[\"']?([A-Za-z0-9+/_.=-]{16,})[\"']?\s*$")


def words(environment: Environment, reason: str) -> tuple[str, ...]:
    """Return the configured script's words, filled in; ActError where the profile names no script."""
    if not environment.rollback_script:
        raise ActError(
            "rollback script: wanted environments.*.rollback_script in the profile, got none; "
            "name the script, or roll back by the manual steps"
        )
    known = {
        "namespace": environment.namespace,
        "deployment": environment.deployments.get("stable", ""),
        "reason": reason,
    }
    return tuple(re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), word) for word in environment.rollback_script)


def run(
    command: tuple[str, ...], environment: Environment, *, within_s: float, now_s: Callable[[], float]
) -> tuple[Command, str]:
    """Run a command without a shell and return what it did and said, scrubbed; one that takes too long is ended.

    `now_s` gives the drill's seconds. ActError where it can't be started.
    """
    typed = now_s()
    with _kubeconfig(environment) as config:
        try:
            process = subprocess.Popen(  # noqa: S603  a profile's own command
                list(command),
                env={**os.environ, "KUBECONFIG": config, "KUBE_CONTEXT": environment.context},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as trouble:
            raise ActError(
                f"rollback script {command[0]}: wanted a program that can be run, got {trouble.strerror}; "
                "check environments.*.rollback_script in the profile"
            ) from trouble
        try:
            output, status = _heard(process, within_s)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever it had started and forgot, also after Ctrl-C
            _ = process.wait()
    said = scrubbed(output.decode(errors="replace")[-MOST:], secrets(environment))
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
    return Command(command, typed, now_s(), status, last[:LAST]), said


def _heard(process: subprocess.Popen[bytes], within_s: float) -> tuple[bytes, int | None]:
    try:
        output, _ = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return output, None
    return output, process.returncode


@contextmanager
def _kubeconfig(environment: Environment) -> Generator[str]:
    """Give the script's KUBECONFIG: the acting one behind a file that says which context is meant, and no secret.

    The first file that names a current context wins, so that a script without `--context` can't reach another cluster.
    """
    given = environment.act_kubeconfig or environment.kubeconfig or os.environ.get("KUBECONFIG")
    behind = given or str(DEFAULT_KUBECONFIG.expanduser())
    if not environment.context:
        yield behind
        return
    with tempfile.TemporaryDirectory(prefix="rollback-") as folder:
        front = Path(folder) / "context"
        content = {"apiVersion": "v1", "kind": "Config", "current-context": environment.context}
        _ = front.write_bytes(msgspec.json.encode(content))  # JSON is YAML
        yield os.pathsep.join((str(front), behind))


def secrets(environment: Environment) -> frozenset[str]:
    """Return texts of the kubeconfigs and the token file that must never be repeated."""
    found: set[str] = set()
    for name in (environment.act_kubeconfig, environment.kubeconfig, environment.token_file):
        with suppress(OSError, UnicodeDecodeError):
            lines = Path(name).read_text(encoding="utf-8").splitlines() if name else []
            found |= {match[1] for line in lines if (match := _LONG.search(f" {line}")) and not _plain(line)}
    return frozenset(found)


def _plain(line: str) -> bool:
    """Tell whether a kubeconfig's line holds an address, a name or a file, which may be repeated."""
    return "://" in line or bool(re.match(r"\s*-?\s*(name|cluster|user|namespace|server|current-context)\s*:", line))


def scrubbed(text: str, known: frozenset[str] | Mapping[str, str] = frozenset()) -> str:
    """Return text without tokens, keys and passwords."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, "***")
    for pattern in _SECRETS:
        text = pattern.sub("***", text)
    return text
