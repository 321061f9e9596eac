"""The recipes of deploy/ and docs/promoting.md, read strictly: documents, calls of gate, pods, Argo's conditions."""

from __future__ import annotations

import functools
import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import yaml

from harness.cli.app import _command
from harness.plugin import options
from tests.running import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEPLOY = ROOT / "deploy"
PROMOTING = ROOT / "docs" / "promoting.md"
YAML = sorted([*DEPLOY.rglob("*.yml"), *DEPLOY.rglob("*.yaml")])
ARGO_CLAUSE = re.compile(r'result\.([a-z_]+) == (true|false|"[A-Z_]+")')
CALL = re.compile(r"(?:^|\$\()[ \t]*gate (?=\S)", re.MULTILINE)
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANY_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`gate ([^`\n]+)`")


class Loader(yaml.SafeLoader):
    """A SafeLoader that refuses what two readers could understand differently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse a key that stands twice, and words that only some readers take for a truth value."""
        names = [key.value for key, _ in node.value]
        if twice := sorted({str(name) for name in names if names.count(name) > 1}):
            raise yaml.YAMLError(f"{node.start_mark}: key {twice[0]} stands twice")
        for part in (part for pair in node.value for part in pair):
            if part.tag.endswith(":bool") and part.value not in {"true", "false"}:
                raise yaml.YAMLError(f"{part.start_mark}: {part.value} is a truth value to some; quote it")
        return super().construct_mapping(node, deep=deep)


def load(path: Path) -> list[Any]:
    """Return a file's documents."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> list[Any]:
    """Return the documents of a text; yaml.YAMLError for what is not strict."""
    found: list[Any] = list(yaml.load_all(text, Loader=Loader))
    return [one for one in found if one is not None]


def of_kind(path: Path, kind: str, name: str = "") -> Any:
    """Return the one document of a kind (and name) in a file."""
    (one,) = (d for d in load(path) if d["kind"] == kind and name in {"", d["metadata"].get("name")})
    return one


def calls(shell: str) -> list[list[str]]:
    """Return the words of each call of gate in shell text, each up to what ends a simple command."""
    joined = re.sub(r"\\\n[ \t]*", " ", shell)
    return [shlex.split(_simple(joined[found.end() :])) for found in CALL.finditer(joined)]


def _simple(text: str) -> str:
    quote = ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "|;&)>\n" or (char == "#" and text[at - 1 : at].isspace()):
            return text[:at]
    return text


def parsed(words: list[str]) -> dict[str, Any]:
    """Parse a call as the program does, which raises what it would refuse; return its parameters."""
    command, rest = _found(words)
    context: Any = command.make_context(words[0], rest)
    left = [word.partition("=")[0] for word in context.args if word.startswith("-")]
    strange = sorted(set(left) - pytest_options())
    assert strange == [], f"gate {shlex.join(words)}: pytest has no {strange}"
    return context.params


def options_of(words: list[str]) -> set[str]:
    """Return the options that a command has; of a group, none."""
    command, _ = _found(words)
    return {name for one in getattr(command, "params", ()) for name in (*one.opts, *one.secondary_opts)}


def _found(words: list[str]) -> tuple[Any, list[str]]:
    command: Any = _command("")
    rest = list(words)
    while rest and hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, f"gate {shlex.join(words)}: no command {name}"
        command = command.commands[name]
    return command, rest


class _Names:
    """A parser of pytest's that only remembers what options are called."""

    def __init__(self) -> None:
        self.names = {"-p", "-n"}

    def getgroup(self, _: str) -> _Names:
        return self

    def addoption(self, *names: str, **_: object) -> None:
        self.names.update(names)


@functools.cache
def pytest_options() -> frozenset[str]:
    """Return the options that pytest takes here, as far as recipes use them."""
    named = _Names()
    options.pytest_addoption(cast("Any", named))
    return frozenset(named.names)


def shells() -> Iterator[tuple[str, str]]:
    """Give each piece of shell in the recipes and in the page, with where it stands."""
    (github,) = load(DEPLOY / "github" / "canary.yml")
    for name, job in github["jobs"].items():
        yield f"github {name}", "\n".join(step["run"] for step in job["steps"] if "run" in step)
    (gitlab,) = load(DEPLOY / "gitlab" / "canary.yml")
    for name, job in gitlab.items():
        if "script" in job:
            yield f"gitlab {name}", "\n".join([*job["script"], *job.get("after_script", [])])
    jenkins = (DEPLOY / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
    yield "jenkins", "\n".join(re.findall(r"sh '''\n(.*?)'''", jenkins, flags=re.DOTALL))
    yield "page", "\n".join(FENCE.findall(PROMOTING.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Pod:
    """A pod's template in a recipe, and what its labels call it."""

    where: str
    part: str
    phase: str
    spec: dict[str, Any]

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    def volume(self, kind: str) -> dict[str, Any]:
        """Return the volumes of a kind by name."""
        return {one["name"]: one[kind] for one in self.spec["volumes"] if kind in one}


def pods() -> list[Pod]:
    """Return every pod that the recipes for Kubernetes and Argo start."""
    found: list[Pod] = []
    for path in sorted([*(DEPLOY / "kubernetes").glob("*.yaml"), *(DEPLOY / "argo").glob("*.yaml")]):
        for document in load(path):
            for template in _templates(document):
                labels = template["metadata"]["labels"]
                name = f"{path.name} {labels['part']}"
                found.append(Pod(name, labels["part"], labels.get("phase", ""), template["spec"]))
    return found


def _templates(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = document.get("spec", {})
    match document["kind"]:
        case "Job" | "Deployment":
            yield spec["template"]
        case "CronJob":
            yield spec["jobTemplate"]["spec"]["template"]
        case "AnalysisTemplate":
            for metric in spec["metrics"]:
                if "job" in metric["provider"]:
                    yield metric["provider"]["job"]["spec"]["template"]
        case _:
            pass


def measured(metric: dict[str, Any], answer: object) -> str:
    """Return what Argo makes of an answer: a failure first, then success, and neither is Inconclusive."""
    try:
        failed = _holds(metric["failureCondition"], answer)
        good = _holds(metric["successCondition"], answer)
    except TypeError:
        return "Error"
    return "Failed" if failed else "Successful" if good else "Inconclusive"


def _holds(condition: str, answer: object) -> bool:
    """Evaluate `result.NAME == LITERAL && ...`; a name that is not there is nil, which equals no literal."""
    clauses = [ARGO_CLAUSE.fullmatch(part) for part in condition.split(" && ")]
    assert None not in clauses, f"not of the form that is evaluated here: {condition}"
    if not isinstance(answer, dict):
        raise TypeError("no object, so it has no fields")
    fields = cast("dict[str, object]", answer)
    return all(_same(fields.get(clause[1]), json.loads(clause[2])) for clause in clauses if clause is not None)


def _same(got: object, wanted: object) -> bool:
    return type(got) is type(wanted) and got == wanted


def job_end(spec: dict[str, Any], code: int) -> str:
    """Return how a Job of one pod ends when its container exits with a code."""
    if code == 0:
        return "Complete"
    assert spec["backoffLimit"] == 0
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    rules = spec.get("podFailurePolicy", {}).get("rules", [])
    named = any(r["action"] == "FailJob" and code in r["onExitCodes"]["values"] for r in rules)
    return "Failed: PodFailurePolicy" if named else "Failed: BackoffLimitExceeded"


def granted(role: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Return (verb, group, resource) of each right in a Role."""
    return {
        (verb, group, resource)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def may(role: dict[str, Any], verb: str, group: str, resource: str, name: str) -> bool:
    """Tell whether a Role allows a verb on one object, "" for one that has no name yet."""
    return any(
        verb in rule["verbs"]
        and group in rule["apiGroups"]
        and resource in rule["resources"]
        and name in rule.get("resourceNames", [name])
        for rule in role["rules"]
    )
