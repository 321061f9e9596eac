"""The command line's frame: one app, one place where failures become exit codes."""

from __future__ import annotations

import functools
import importlib
import sys
from typing import TYPE_CHECKING, Any

import typer
from typer.exceptions import TyperException

from harness.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

GO, NO_GO, INCONCLUSIVE, USAGE = 0, 1, 2, 4
DECISIONS = {"GO": GO, "NO_GO": NO_GO, "INCONCLUSIVE": INCONCLUSIVE}
COMMANDS = (
    "decide",
    "keys",
    "verify",
    "promoting",
    "lines",
    "rejudge",
    "report",
    "serve",
    "prune",
    "run",
    "doctor",
    "evidence",
    "soak",
    "rollback",
    "rollout",
    "flags",
    "browser",
)

app = typer.Typer(
    name="gate",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def gate() -> None:
    """Decides whether a rollout may go on, signs that decision, and verifies it."""


def run(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is one line on standard error."""
    try:
        known = argv[0] if argv and argv[0] in COMMANDS else ""
        code: Any = _command(known).main(args=list(argv), prog_name="gate", standalone_mode=False)
    except (TyperException, UsageError) as trouble:
        said = trouble.format_message() if isinstance(trouble, TyperException) else str(trouble)
        return _fail(said or "wrong use; see gate --help", USAGE)
    except HarnessError as trouble:
        return _fail(str(trouble), INCONCLUSIVE)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted before a decision; nothing was decided, run it again", INCONCLUSIVE)
    except (Exception, SystemExit) as trouble:  # noqa: BLE001  whatever it is, it must not look like GO
        said = f"the gate itself failed: {type(trouble).__name__}: {trouble}; nothing was decided, report this"
        return _fail(said, INCONCLUSIVE)
    if code not in {GO, NO_GO, INCONCLUSIVE, USAGE}:  # typer answers Ctrl-C with a code of its own
        return _fail("interrupted before its end; nothing was decided, run it again", INCONCLUSIVE)
    return code


@functools.cache
def _command(only: str = "") -> Any:
    """Import a command's module, or all, which register themselves; done late so that a broken one is reported, too."""
    for name in (only,) if only else COMMANDS:
        _ = importlib.import_module(f"harness.cli.{name}")
    return typer.main.get_command(app)


def _fail(said: str, code: int) -> int:
    _ = sys.stderr.write(f"gate: {' '.join(said.split())}\n")
    return code
