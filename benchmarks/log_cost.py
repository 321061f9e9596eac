"""A pass over a big log: our parser beside grep and awk that compute the same figures, and beside the runbook's own."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.observe.logs.counts import Counts
from harness.observe.logs.fields import Fields
from harness.observe.logs.parse import Parser, read

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from harness.evidence.sample import Sample

MEGABYTES = 1_000
BLOCK_LINES = 20_000
ROUNDS = 3
VERSIONS = ("v1.4.0", "v1.5.0")
TRACE = (
    "Traceback (most recent call last):",
    '  File "/app/store.py", line 512, in save',
    "    await self.redis.rpush(key, value)",
    "redis.exceptions.ConnectionError: Error 111 connecting to redis-service:6379.",
)
GREP, AWK = shutil.which("grep") or "grep", shutil.which("awk") or "awk"
PROGRAM = r"""
function field(name,    at, rest) {
  at = index($0, "\"" name "\": ")
  if (!at) return ""
  rest = substr($0, at + length(name) + 4)
  match(rest, /^("[^"]*"|[^,}]*)/)
  return substr(rest, 1, RLENGTH)
}
{
  arm = field("version") " " field("endpoint"); n[arm]++
  if (field("status") + 0 >= 500) errors[arm]++
  if (field("schema_repair") == "true") repaired++
  if (field("turn") + 0 >= 2) { asked++; if (field("msg_count_before") + 0 > 0) known++ }
  ms = int(field("latency_ms") + 0); if (ms > top) top = ms
  by[arm, ms]++
}
END {
  for (arm in n) {
    seen = 0; p95 = 0
    for (ms = 0; ms <= top; ms++) { seen += by[arm, ms]; if (seen >= 0.95 * n[arm]) { p95 = ms; break } }
    print arm, n[arm], errors[arm] + 0, p95
  }
  print "all", repaired + 0, known + 0, asked + 0
}
"""


def block(seed: int = 1, lines: int = BLOCK_LINES) -> str:
    """Return lines as the pods write them: request events, other events, plain text, now and then a traceback."""
    draw = random.Random(seed)  # noqa: S311  the same lines each time
    said: list[str] = []
    while len(said) < lines:
        kind = draw.random()
        if kind < 0.85:
            said.append(_request(draw))
        elif kind < 0.9:
            said.append(json.dumps({"timestamp": _time(draw), "event": "ui_telemetry", "event_type": "table_copy"}))
        elif kind < 0.999:
            said.append(f"AFTER_SAVE: session_id={draw.randrange(16**8):08x}, msg_count_after={draw.randrange(30)}")
        else:
            said += TRACE
    return "\n".join(said) + "\n"


def _request(draw: random.Random) -> str:
    turn = draw.randrange(1, 6)
    known = 0 if turn == 1 or draw.random() < 0.001 else 2 * (turn - 1)
    latency = draw.lognormvariate(6.0, 0.5)
    return json.dumps(
        {
            "timestamp": _time(draw),
            "event": "request_metrics",
            "version": VERSIONS[draw.random() < 0.15],
            "endpoint": "/api/chat/ask" if draw.random() < 0.8 else "/api/chat/ask-enhanced",
            "tier": "regular",
            "session_id_hash": hashlib.sha256(str(draw.random()).encode()).hexdigest()[:16],
            "msg_count_before": known,
            "msg_count_after": known + 2,
            "has_knowledge": False,
            "prompt_hash": f"{draw.randrange(16**16):016x}",
            "repair_reason": None,
            "schema_repair": draw.random() < 0.004,
            "latency_ms": round(latency, 2),
            "status": 503 if draw.random() < 0.003 else 200,
            "turn": turn,
        }
    )


def _time(draw: random.Random) -> str:
    return f"2026-11-23T{draw.randrange(24):02d}:{draw.randrange(60):02d}:{draw.randrange(60):02d}.500Z"


def measure(megabytes: int = MEGABYTES) -> dict[str, object]:
    """Return CPU seconds and ratios, memory growth in MB, and whether all agree on the figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pods.log"
        text = block().encode()
        with path.open("wb") as file:
            for _ in range(max(1, megabytes * 1_000_000 // len(text))):
                _ = file.write(text)
        rounds = [(_ours(path, samples=False), _ours(path, samples=True), _theirs(path)) for _ in range(ROUNDS)]
        size = path.stat().st_size / 1e6
    ours, samples, theirs = (min(one[i][0] for one in rounds) for i in range(3))
    return {
        "megabytes": round(size),
        "ours_s": round(ours, 2),
        "ours_mb_per_s": round(size / ours),
        "with_samples_s": round(samples, 2),
        "grep_mawk_s": round(theirs, 2),
        "grep_mawk_over_ours": round(theirs / ours, 2),
        "grep_mawk_over_ours_with_samples": round(theirs / samples, 2),
        "growth_mb": round(max(one[0][2] for one in rounds), 1),
        "agree": all(one[0][1] == one[1][1] == one[2][1] for one in rounds),
    }


def _ours(path: Path, *, samples: bool) -> tuple[float, list[str], float]:
    """Run the parser in a fresh process: CPU seconds, figures, growth of its memory in MB."""
    ends = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_parse, args=(path, samples, ends[1]))
    process.start()
    found: tuple[float, list[str], float] = ends[0].recv()
    process.join()
    return found


def _parse(path: Path, samples: bool, told: Connection) -> None:  # noqa: FBT001  spawned: positions only
    warm = Parser(Fields(), Counts())
    warm.take([line.encode() for line in block(lines=100).splitlines()])
    counts = Counts()
    seen = 0

    def keep(_: Sample) -> None:
        nonlocal seen
        seen += 1

    before = _peak_mb()
    began = time.process_time()
    with path.open("rb", buffering=0) as file:
        _ = read(file, Parser(Fields(), counts, lambda _: None, keep if samples else None))
    spent = time.process_time() - began
    growth = _peak_mb() - before
    assert not samples or seen == counts.total().requests
    told.send((spent, figures(counts), growth))


def _peak_mb() -> float:
    """Return the most memory this process held; getrusage would say what its parent held before the fork."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def figures(counts: Counts) -> list[str]:
    """Return the figures as the awk program prints them, sorted."""
    lines = [
        f"{version} {endpoint} {tally.requests} {tally.errors} {tally.quantile_ms(0.95)}"
        for (version, endpoint), tally in counts.tallies.items()
    ]
    whole = counts.total()
    return sorted([*lines, f"all {whole.repaired} {whole.known} {whole.asked}"])


def _theirs(path: Path) -> tuple[float, list[str], float]:
    """Run grep and awk (Debian's is mawk), the fields parsed properly, in the C locale."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [GREP, "-F", '"event": "request_metrics"', str(path)], stdout=subprocess.PIPE, env={"LC_ALL": "C"}
    ) as grep:
        awk = subprocess.run([AWK, PROGRAM], stdin=grep.stdout, capture_output=True, check=True, env={"LC_ALL": "C"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, sorted(awk.stdout.decode().replace('"', "").splitlines()), 0.0


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES), indent=1))
