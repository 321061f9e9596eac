"""The right way to count what a mistaken command meant to count: every line of every pod, parsed, in jq."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.lint.names import Names

ENOUGH = 59  # the fewest samples that bound a P95 at 95%
_LINES = "inputs | fromjson? | objects"  # lines that are no JSON are left out


def logs(names: Names, of: str = "") -> str:
    """Return the command that reads every line of the product's pods, `of` what follows the pipe."""
    selector = shlex.quote(names.target.logs.selector)
    return f"{names.kubectl} logs -l {selector} --since=1h --tail=-1 --max-log-requests=50{of}"


def count(names: Names, condition: str) -> str:
    """Return the command that counts the lines whose fields meet a condition."""
    return _jq(names, f"[{_LINES} | select({condition})] | length")


def requests(names: Names, more: str = "") -> str:
    """Return the condition of a line that stands for one request."""
    fields = names.target.logs.fields
    return f'.{fields.event} == "{fields.request}"{f" and {more}" if more else ""}'


def context_success(names: Names) -> str:
    """Return the command that gives the share of later turns that knew what came before."""
    fields = names.target.logs.fields
    found = f"[{_LINES} | select({requests(names, f'.{fields.turn} >= 2')}) | .{fields.known} > 0]"
    none = 'if length == 0 then error("no data")'
    return _jq(names, f"{found} | {none} else (map(select(.)) | length) / length end")


def p95(names: Names) -> str:
    """Return the command that gives a P95, or says that there are too few values for one."""
    found = f"[{_LINES} | select({requests(names)}) | .{names.target.logs.fields.latency_ms}] | sort"
    return _jq(names, f'{found} | if length < {ENOUGH} then error("too few") else .[length * 95 / 100 | floor] end')


def errors_by_version(names: Names) -> str:
    """Return the command that gives requests and errors of each version."""
    fields = names.target.logs.fields
    found = f"[{_LINES} | select({requests(names)})] | group_by(.{fields.version})"
    errors = f"(map(select(.{fields.status} >= 500)) | length)"
    return _jq(names, f"{found} | map({{version: .[0].{fields.version}, n: length, errors: {errors}}})")


def document(names: Names) -> str:
    """Return the command that reads a figure of the metrics document and fails where there is none."""
    metrics = names.target.metrics
    program = f'if has("error") then error(.error) else .{metrics.repair_percent[0]} | numbers end'
    return f"curl -fsS {names.url}{metrics.paths[0]} | jq -e {shlex.quote(program)}"


def asking(names: Names, header: str) -> str:
    """Return the command that asks for the version with a header."""
    return f"curl -fsS -H {shlex.quote(header)} {names.url}{names.target.api.version[0]}"


def question(names: Names) -> str:
    """Return the commands that ask under a session id of their own."""
    body = """'{"question":"...","session_id":"'"$S"'"}'"""
    return f"S=verify-$(uuidgen); curl -fsS --json {body} {names.url}{names.target.api.ask}"


def affinity(names: Names, primary: str = "") -> str:
    """Return the command that keeps a session on its arm."""
    ingress = primary or names.primary or "<primary-ingress>"
    settings = f"{names.prefix}affinity=cookie {names.prefix}session-cookie-name=onesource-arm"
    return f"{names.kubectl} annotate --overwrite ingress/{ingress} {settings}"


def _jq(names: Names, program: str) -> str:
    return logs(names, f" | jq -nR {shlex.quote(program)}")
