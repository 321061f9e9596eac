"""What the documents say is what the code does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec
import pytest

from harness import policy, runbook, runbook_table, target, ui
from harness.errors import UsageError
from harness.verdict import Reason

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "reports" / "README.md"])
LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#]+)")
PART_OF_A_PROFILE = [
    thing
    for thing in {**vars(target), **vars(ui)}.values()
    if isinstance(thing, type) and issubclass(thing, msgspec.Struct) and not thing.__name__.startswith("_")
]


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readmes_table_is_the_runbooks_lines() -> None:
    text = _text("README.md")
    assert runbook_table.renewed(text, runbook.lines().values()) == text, "run python -m harness.runbook_table"


def test_renewing_the_table_changes_the_table_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    _ = page.write_text(f"before\n{runbook_table.BEGIN}\nold\n{runbook_table.END}\nafter\n", encoding="utf-8")
    assert runbook_table.main(page) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{runbook_table.END}\nafter\n")
    assert "| P2-RTE-02 |" in text
    assert "\nold\n" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "README.md"
    _ = page.write_text("nothing here\n", encoding="utf-8")
    assert runbook_table.main(page) == 4
    assert page.read_text(encoding="utf-8") == "nothing here\n"
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(UsageError, match="once each"):
        _ = runbook_table.renewed(f"{runbook_table.END}{runbook_table.BEGIN}", [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    broken = [to for to in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / to).exists()]
    assert broken == []


@pytest.mark.parametrize("part", PART_OF_A_PROFILE, ids=lambda part: part.__name__)
def test_the_profiles_page_explains_every_key(part: type[msgspec.Struct]) -> None:
    section = (
        (_text("docs/profiles.md") + _text("docs/profiles-ui.md"))
        .partition(f"<!-- {part.__name__} -->")[2]
        .partition("<!-- ")[0]
    )
    documented = re.findall(r"^\| `([a-z0-9_]+)` \|", section, flags=re.MULTILINE)
    kind = {"NginxRouting", "GatewayRouting", "UrlPairRouting"} & {part.__name__}
    assert documented == [*(["kind"] if kind else []), *part.__struct_fields__]


def test_every_shipped_profile_loads() -> None:
    names = sorted(path.stem for path in target.FOLDER.glob("*.toml"))
    assert {"onesource", "sandbox"} <= set(names)
    assert [target.load(name).name for name in names] == names


def _codes() -> set[str]:
    """Return every code that a Blocker is made with in the gate's modules."""
    found: set[str] = set(Reason)
    for path in (ROOT / "harness" / "report").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Blocker" and node.args:
                constants = (part for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
                found |= {str(part.value) for part in constants if re.fullmatch(r"[A-Z_]{4,}", str(part.value))}
    return found


def test_the_operators_page_explains_every_blocker() -> None:
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", _text("docs/operating.md"), flags=re.MULTILINE))
    assert _codes() <= explained


def test_the_page_of_mistakes_has_each_one_that_a_line_guards_against() -> None:
    written = re.findall(r"^\| (D[0-9]+) \|", _text("docs/runbook-mistakes.md"), flags=re.MULTILINE)
    assert sorted(written) == sorted({mistake for line in runbook.lines().values() for mistake in line.corrects})


def test_each_phase_can_be_run_by_the_command_the_readme_shows() -> None:
    envs = _text("tox.ini")
    assert all(re.search(rf"[{{,]{phase}[,}}]", envs) for phase in policy.load().phases)


def test_architecture_decisions_are_numbered_without_a_hole() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
