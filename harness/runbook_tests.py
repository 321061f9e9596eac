"""The suites' tests, read as text: which test decides which runbook line, and whether it reads as one sentence.

Reading the text rather than running it makes the list the same in every process, and available without a target.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from harness.runbook import PHASES, SELECTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.runbook import Line

MARKERS = {*PHASES, *SELECTORS}
REFUSED_MARKS = ("skip", "skipif", "xfail", "flaky")
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match)
_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test of a runbook line: `nodeid` as pytest writes it, `phases` as marked, `acts` names what it changes."""

    nodeid: str
    line: str
    phases: tuple[str, ...]
    acts: tuple[str, ...] = ()
    where: str = ""  # file:line


@dataclass(frozen=True, slots=True)
class Found:
    """The tests of some files, by nodeid without parameters, and every rule they break (file:line: what)."""

    tests: Mapping[str, SuiteTest] = field(default_factory=dict[str, SuiteTest])
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Mark:
    name: str
    args: tuple[str, ...]


def slug(line_id: str) -> str:
    """Return how a line's id stands in a test's name: P2-RTE-02 is p2_rte_02."""
    return line_id.lower().replace("-", "_")


def base(nodeid: str) -> str:
    """Return a nodeid without its parameters."""
    return nodeid.split("[", 1)[0]


def read(suites: Path, root: Path, known: Mapping[str, Line]) -> Found:
    """Read every test_*.py under a folder; `root` is what nodeids are relative to."""
    return join(read_file(path, root, known) for path in sorted(suites.rglob("test_*.py")))


def join(parts: Iterable[Found]) -> Found:
    """Put together what several files hold."""
    tests: dict[str, SuiteTest] = {}
    violations: list[str] = []
    for part in parts:
        tests.update(part.tests)
        violations.extend(part.violations)
    return Found(tests, tuple(violations))


def read_file(path: Path, root: Path, known: Mapping[str, Line]) -> Found:
    """Read one file's tests; a file that is no Python holds none (pytest says why when it collects it)."""
    name = path.relative_to(root).as_posix()
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return Found()
    shared = _module_marks(module)
    tests: dict[str, SuiteTest] = {}
    violations: list[str] = []
    for node in module.body:
        where = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            violations.append(f"{where}: {node.name}: wanted plain functions, got a class of tests")
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.name.startswith("test"):
            continue
        marks = [*(_mark(deco) for deco in node.decorator_list), *shared]
        present = [mark for mark in marks if mark is not None]
        broken = [*_owner(node.name, present, known), *_form(node)]
        violations.extend(f"{where}: {node.name}: {what}" for what in broken)
        if not broken:
            test = _test(f"{name}::{node.name}", present, known, where)
            tests[test.nodeid] = test
    return Found(tests, tuple(violations))


def check_runbook(found: Found, known: Mapping[str, Line]) -> tuple[str, ...]:
    """Say which lines have neither a test nor the flag `planned`; the other way round is a violation of its own."""
    tested = {test.line for test in found.tests.values()}
    return tuple(
        f"runbook/lines.toml: {line.id}: wanted a test in suites/ or planned = true, got neither"
        for line in known.values()
        if line.id not in tested and not line.planned
    )


def _test(nodeid: str, marks: Sequence[_Mark], known: Mapping[str, Line], where: str) -> SuiteTest:
    line = known[next(mark.args[0] for mark in marks if mark.name == "runbook")]
    names = {mark.name for mark in marks}
    phases = tuple(phase for phase in line.phases if phase in names)
    acts = tuple(arg for mark in marks if mark.name == "acts" for arg in mark.args or ("target",))
    return SuiteTest(nodeid, line.id, phases, acts, where)


def _owner(name: str, marks: Sequence[_Mark], known: Mapping[str, Line]) -> list[str]:
    """Check that exactly one line owns the test, and that name and markers agree with it."""
    broken = [
        f"marker {mark.name} refused: a check that cannot be made is UNKNOWN, never excused"
        for mark in marks
        if mark.name in REFUSED_MARKS
    ]
    ids = [mark.args for mark in marks if mark.name == "runbook"]
    if len(ids) != 1 or len(ids[0]) != 1:
        return [*broken, f'wanted exactly one @pytest.mark.runbook("ID"), got {len(ids)}']
    line_id = ids[0][0]
    line = known.get(line_id)
    if line is None:
        return [*broken, f"no line {line_id} in runbook/lines.toml"]
    if line.planned:
        broken.append(f"line {line_id} is planned = true but has this test; remove the flag")
    wanted = f"test_{slug(line_id)}"
    if name != wanted and not name.startswith(f"{wanted}_"):
        broken.append(f"its name does not carry {line_id}: wanted {wanted}_...")
    phases = {mark.name for mark in marks} & MARKERS
    if foreign := sorted(phases - set(line.phases)):
        broken.append(f"marked {', '.join(foreign)}, but {line_id} belongs to {', '.join(line.phases)}")
    if not phases & set(line.phases):
        broken.append(f"no phase marker; {line_id} belongs to {', '.join(line.phases)}")
    acts = any(mark.name == "acts" for mark in marks)
    if acts != line.acts:
        broken.append(f"{line_id} has acts = {str(line.acts).lower()}, the marker acts says otherwise")
    return broken


def _form(function: _Function) -> list[str]:
    """Check that the test is one sentence that ends in its decision."""
    broken: list[str] = []
    if isinstance(function, ast.AsyncFunctionDef):
        broken.append("wanted a plain function, got an async one")
    branches = [node for node in ast.walk(function) if isinstance(node, BRANCHES)]
    broken.extend(
        f"{type(node).__name__.lower()} in line {node.lineno}: a suite test has no branch, no loop and no try"
        for node in branches
    )
    if not _decides(function.body[-1]):
        broken.append("its last statement must be decide(...)")
    return broken


def _decides(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id == "decide"
    )


def _module_marks(module: ast.Module) -> list[_Mark]:
    """Read `pytestmark = pytest.mark.x` or a list of them."""
    marks: list[_Mark] = []
    for node in module.body:
        if not isinstance(node, ast.Assign):
            continue
        if any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets):
            values = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value]
            marks.extend(mark for mark in map(_mark, values) if mark is not None)
    return marks


def _mark(node: ast.expr) -> _Mark | None:
    """Read `pytest.mark.name` or `pytest.mark.name("text", ...)`; anything else is no marker of ours."""
    called = node.func if isinstance(node, ast.Call) else node
    if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Attribute)):
        return None
    if called.value.attr != "mark":
        return None
    args = node.args if isinstance(node, ast.Call) else []
    texts = (arg.value for arg in args if isinstance(arg, ast.Constant))
    return _Mark(called.attr, tuple(text for text in texts if isinstance(text, str)))
