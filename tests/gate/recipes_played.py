"""Pipelines played by bash, as their systems play them: jobs in order, artifacts between them, the rest left out.

Left out are the checkout (a folder is copied), the installation, and the stores of secrets and artifacts. Each player
returns the exit code of each job, None where it never began.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.gate import recipes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.gate.recipes_world import World

Ends: TypeAlias = "dict[str, int | None]"

EXPRESSION = re.compile(r"\$\{\{\s*([\w.]+)\s*\}\}")
STAGE = re.compile(r"\n    stage\('(\w+)'\) \{\n(.*?)(?=\n    stage\('|\Z)", re.DOTALL)
BLOCK = re.compile(r"sh '''\n(.*?)'''", re.DOTALL)
SETTING = re.compile(r"^    ([A-Z_]+) = '([^']*)'", re.MULTILINE)


def github(world: World) -> Ends:
    """Play the workflow."""
    (flow,) = recipes.load(recipes.DEPLOY / "github" / "canary.yml")
    facts = {
        "vars.GATE_NONCES": str(world.nonces),
        "vars.GATE_REPORTS": str(world.reports),
        "secrets.GATE_KEY": world.key.read_text(),
        "secrets.READER_KUBECONFIG": "of the reader",
        "secrets.ACTOR_KUBECONFIG": "of the actor",
        "inputs.evidence": "",
    }
    ends: Ends = {}
    for name, job in flow["jobs"].items():
        if any(ends[need] != 0 for need in job.get("needs", [])):
            ends[name] = None
            continue
        ends[name], steps = _github_job(world, name, flow["env"] | job.get("env", {}), job["steps"], facts)
        outputs = {key: _filled(value, facts | steps) for key, value in job.get("outputs", {}).items()}
        facts |= {f"needs.{name}.outputs.{key}": value for key, value in outputs.items()}
    return ends


def _github_job(
    world: World, name: str, env: dict[str, str], steps: list[dict[str, Any]], facts: dict[str, str]
) -> tuple[int, dict[str, str]]:
    home, temp = world.home(name), world.root / "temp" / name
    temp.mkdir(parents=True)
    told: dict[str, str] = {}
    code = 0
    for step in steps:
        if step.get("id") == "install" or (code and step.get("if") != "always()"):
            continue
        if "uses" in step:
            ended, given = _github_action(world, home, step), dict[str, str]()
        else:
            filled = {key: _filled(value, facts | told) for key, value in (env | step.get("env", {})).items()}
            ended, given = _github_step(world, home, temp, step["run"], filled)
        told |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in given.items()}
        code = code or ended
    return code, told


def _github_step(world: World, home: Path, temp: Path, text: str, env: dict[str, str]) -> tuple[int, dict[str, str]]:
    output = world.root / "output"
    _ = output.write_text("")
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(world.root / "summary.md")}
    ended = world.shell(text, home, env | files | {"RUNNER_TEMP": str(temp)})
    return ended, _pairs(output.read_text())


def _github_action(world: World, home: Path, step: dict[str, Any]) -> int:
    kind = step["uses"].partition("@")[0]
    if kind == "actions/checkout":
        return 0
    here, kept = home / step["with"]["path"], world.root / "artifacts" / step["with"]["name"]
    source, to = (here, kept) if kind == "actions/upload-artifact" else (kept, here)
    if not source.is_dir():
        return 1
    _ = shutil.copytree(source, to)
    return 0


def _filled(value: object, facts: Mapping[str, str]) -> str:
    """Fill in expressions; an output that no step gave is empty, as it is there."""

    def one(found: re.Match[str]) -> str:
        name = found[1]
        return facts.get(name, "") if ".outputs." in name else facts[name]

    return EXPRESSION.sub(one, str(value))


def gitlab(world: World) -> Ends:
    """Play the pipeline."""
    (flow,) = recipes.load(recipes.DEPLOY / "gitlab" / "canary.yml")
    jobs: dict[str, Any] = {name: job for name, job in flow.items() if "script" in job}
    scopes = {
        "": dict[str, str](),
        "gate": {"GATE_KEY": str(world.key), "KUBECONFIG": str(world.root / "reader")},
        "production": {"KUBECONFIG": str(world.root / "actor")},
    }
    everywhere = {"GATE_NONCES": str(world.nonces), "GATE_REPORTS": str(world.reports)}
    told: dict[str, str] = {}
    ends: Ends = {}
    for name, job in jobs.items():
        if any(code != 0 for code in ends.values()):
            ends[name] = None
            continue
        home = world.home(name)
        for need in job.get("needs", []):
            _ = shutil.copytree(world.root / "artifacts" / need, home, dirs_exist_ok=True)
        env = flow["variables"] | everywhere | told | scopes[job.get("environment", {}).get("name", "")]
        code = world.shell("\n".join(job["script"]), home, env)
        if "after_script" in job:
            _ = world.shell("\n".join(job["after_script"]), home, env)
        told |= _gitlab_artifacts(world, name, home, job.get("artifacts", {}), code)
        ends[name] = code
    return ends


def _gitlab_artifacts(world: World, name: str, home: Path, asked: dict[str, Any], code: int) -> dict[str, str]:
    """Keep what a job leaves, and return the variables among it."""
    kept = world.root / "artifacts" / name
    kept.mkdir()
    for path in asked.get("paths", []):
        if (home / path).is_dir() and (code == 0 or asked.get("when") == "always"):
            _ = shutil.copytree(home / path, kept / path)
    dotenv = home / asked.get("reports", {}).get("dotenv", "no such file")
    return _pairs(dotenv.read_text()) if code == 0 and dotenv.is_file() else {}


def _pairs(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in text.splitlines())}


def jenkins(world: World) -> Ends:
    """Play the stages in one workspace, which stands for what is stashed."""
    text = (recipes.DEPLOY / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
    settings: dict[str, str] = dict(SETTING.findall(text))
    env = settings | {"GATE_REPORTS": str(world.reports), "GATE_NONCES": str(world.nonces)}
    home = world.home("jenkins")
    ends: Ends = {}
    for name, body in STAGE.findall(text):
        if any(code != 0 for code in ends.values()):
            ends[name.lower()] = None
            continue
        secret = {"GATE_KEY": str(world.key)} if "variable: 'GATE_KEY'" in body else {}
        steps, _, post = body.partition("post {")
        code = 0
        for block in BLOCK.findall(steps):
            code = code or world.shell(_groovy(block), home, env | secret, posix=True)
        for block in BLOCK.findall(post):
            after = world.shell(_groovy(block), home, env, posix=True)
            code = code or after
        ends[name.lower()] = code
    return ends


def _groovy(text: str) -> str:
    """Read a Groovy text: a backslash at a line's end joins it with the next, other escapes are not used."""
    joined = text.replace("\\\n", "")
    assert "\\" not in joined
    return joined


SYSTEMS: dict[str, Callable[[World], Ends]] = {"github": github, "gitlab": gitlab, "jenkins": jenkins}
