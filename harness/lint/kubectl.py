"""What a kubectl command does: its verb, the objects it names and its flags, as kubectl itself reads them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.lint.script import Command, Script

_SHORT = {
    "n": "namespace",
    "l": "selector",
    "o": "output",
    "c": "container",
    "k": "kustomize",
    "s": "server",
    "L": "label-columns",
}
_ALONE = {
    "all", "all-containers", "all-namespaces", "follow", "force", "help", "ignore-errors", "ignore-not-found", "list",
    "local", "no-headers", "overwrite", "prefix", "previous", "recursive", "resolve", "show-labels", "stdin",
    "timestamps", "tty", "wait", "watch", "watch-only", "server-side", "dry-run", "record", "cascade", "quiet",
    "show-managed-fields", "insecure-skip-tls-verify", "client", "current", "rm", "validate", "raw-output", "minify",
}  # fmt: skip
_SHORT_ALONE = {
    "A": "all-namespaces",
    "w": "watch",
    "i": "stdin",
    "t": "tty",
    "h": "help",
    "R": "recursive",
    "q": "quiet",
}
_TWO_WORDS = {"set", "rollout", "config", "auth", "create", "top", "certificate", "cluster-info"}
_KINDS = {
    "deployment": ("deployment", "deployments", "deploy", "deployments.apps", "deployment.apps"),
    "ingress": ("ingress", "ingresses", "ing", "ingress.networking.k8s.io", "ingresses.networking.k8s.io"),
    "configmap": ("configmap", "configmaps", "cm"),
    "pod": ("pod", "pods", "po"),
    "namespace": ("namespace", "namespaces", "ns"),
    "node": ("node", "nodes", "no"),
    "ingressclass": ("ingressclass", "ingressclasses"),
}
_KIND_OF = {spelling: kind for kind, spellings in _KINDS.items() for spelling in spellings}
_NOWHERE = {
    "version",
    "api-resources",
    "api-versions",
    "explain",
    "completion",
    "options",
    "plugin",
    "kustomize",
    "cluster-info",
    "proxy",
    "help",
}
_WRITES = {
    "apply",
    "patch",
    "annotate",
    "label",
    "delete",
    "replace",
    "edit",
    "scale",
    "create",
    "autoscale",
    "expose",
    "drain",
    "cordon",
}
_ROLLOUT_READS = {"rollout status", "rollout history"}
_PLACES = {"context", "namespace", "kubeconfig", "server", "cluster", "user", "token", "username", "password"}
_SECRET = re.compile(r"key|token|secret|passw|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kubectl:
    """One kubectl command. `verb` is `logs`, `set env`, `rollout status`; `flags` by their long name."""

    verb: str
    args: tuple[str, ...]
    flags: Mapping[str, str]
    line: int
    inside: tuple[str, ...] = ()  # what `exec` runs in the pod
    fed: tuple[tuple[str, int], ...] = ()

    @property
    def context(self) -> str:
        """The context it names, "" if none."""
        return self.flags.get("context", "")

    @property
    def namespace(self) -> str:
        """The namespace it names, "" if none."""
        return self.flags.get("namespace", "")

    @property
    def kind(self) -> str:
        """The kind of the objects it names, in the singular."""
        first = self.args[0].partition("/")[0].partition(",")[0] if self.args else ""
        return _KIND_OF.get(first.lower(), first.lower())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the objects it acts on: TYPE/NAME, or TYPE NAME; settings (a=b, a-) are none."""
        if not self.args:
            return ()
        if "/" in self.args[0]:
            return tuple(
                arg.partition("/")[2] for arg in self.args if "/" in arg and "=" not in arg and not arg.endswith("-")
            )
        return tuple(arg for arg in self.args[1:] if "=" not in arg and not arg.endswith("-"))

    @property
    def settings(self) -> tuple[str, ...]:
        """What `set env`, `annotate` and `label` are given: NAME=VALUE, or NAME- to remove it."""
        return tuple(arg for arg in self.args if "=" in arg or arg.endswith("-"))

    @property
    def rest(self) -> str:
        """Everything but cluster and namespace, as it can be typed again; patches are cut, and what may be secret."""
        words = [self.verb, *(shlex.quote(_discreet(arg)) for arg in self.args)]
        for name, value in self.flags.items():
            if name in _PLACES:
                continue
            words.append(f"-{name}" if len(name) == 1 else f"--{name}")
            words[-1] += f"={'...' if name == 'patch' else shlex.quote(value)}" if value else ""
        return " ".join([*words, *(("--", "...") if self.inside else ())])

    @property
    def writes(self) -> bool:
        """Whether it changes the cluster."""
        first = self.verb.partition(" ")[0]
        return first in _WRITES or (
            first in {"set", "rollout"} and self.verb not in _ROLLOUT_READS and "list" not in self.flags
        )

    @property
    def needs_namespace(self) -> bool:
        """Whether it is about something that lives in a namespace."""
        if self.verb in _NOWHERE or self.verb.partition(" ")[0] in {"config", *_NOWHERE} or "help" in self.flags:
            return False
        if not self.verb or self.verb.startswith("$"):
            return False
        return self.kind not in {"namespace", "node", "ingressclass"} and self.verb != "auth can-i"


def parse(command: Command) -> Kubectl | None:
    """Return what a kubectl command does, None for any other program."""
    if command.name != "kubectl":
        return None
    words, flags, inside = _split(command.args)
    verb, args = words[:1], words[1:]
    if verb and verb[0] in _TWO_WORDS and args:
        verb, args = words[:2], words[2:]
    return Kubectl(" ".join(verb), tuple(args), flags, command.line, inside, command.fed)


def every(script: Script) -> Iterator[Kubectl]:
    """Yield all kubectl commands of a script in their order."""
    for pipeline in script.pipelines:
        for command in pipeline.commands:
            if (found := parse(command)) is not None:
                yield found


def _discreet(setting: str) -> str:
    name, given, _ = setting.partition("=")
    return f"{name}=..." if given and _SECRET.search(name) else setting


def _split(args: tuple[str, ...]) -> tuple[list[str], dict[str, str], tuple[str, ...]]:
    words, flags = list[str](), dict[str, str]()
    at = 0
    while at < len(args):
        arg, at = args[at], at + 1
        following = args[at] if at < len(args) else ""
        if arg == "--":
            return words, flags, args[at:]
        if arg.startswith("--"):
            name, given, value = arg[2:].partition("=")
            if not given and name not in _ALONE:
                value, at = following, at + 1
            flags[name] = value
        elif arg.startswith("-") and len(arg) > 1:
            at += _short(arg[1:], following, words[:1] == ["logs"], flags)
        else:
            words.append(arg)
    return words, flags, ()


def _short(letters: str, following: str, of_logs: bool, flags: dict[str, str]) -> int:  # noqa: FBT001
    """Read `-n x`, `-nx`, `-it`; return how many further words it took. -f and -p mean other things for `logs`."""
    first = letters[0]
    if first in _SHORT_ALONE or (of_logs and first in "fp"):
        for letter in letters:
            name = {"f": "follow", "p": "previous"}.get(letter) if of_logs else None
            flags[name or _SHORT_ALONE.get(letter, letter)] = ""
        return 0
    name = {"f": "filename", "p": "patch"}.get(first, _SHORT.get(first, first))
    rest = letters[1:].removeprefix("=")
    flags[name] = rest or following
    return 0 if rest else 1
