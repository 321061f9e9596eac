"""Defects in how the page draws, copies and exports tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.product.faults.page.edit import Edit, after, style

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTED = "let count = 0;\n"  # where functions are put in
_COPY = "() => copy(headers, rows, tell)"  # what the copy button does
_DOWNLOAD = "() => download(block.caption, headers, rows, tell)"
_QUIET = ', { class: "quiet" })'
_HEADER = 'el("th", { scope: "col", role: "columnheader", '
_LINES = 'return [headers, ...rows].map((row) => row.map(field).join(",")'
_FIELDS = 'row.map(field).join(",")'
_SAFE = "const safe = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;"
_WIDE = ".table-frame:has(th:nth-child(9))"

_RICH = after(
    "tables.js",
    _COUNTED,
    """
/** An element with HTML inside. */
function rich(name, attributes, html) {
  const node = el(name, attributes);
  node.innerHTML = html;
  return node;
}
""",
)
_POINTED = after(
    "tables.js",
    _COUNTED,
    """
/** A button that hears the pointer. */
function pointed(label, action) {
  const node = el("button", { type: "button", class: "quiet" }, label);
  node.addEventListener("pointerup", action);
  return node;
}
""",
)
_PIPED = after(
    "answer.js",
    _COUNTED,
    """
/** A table as Markdown. */
function piped(block) {
  const lines = [block.headers, block.headers.map(() => "---"), ...block.rows];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\\n");
}
""",
)
_FIRST = (
    after("tables.js", _COUNTED, "let shown = null; // the table on the page\n"),
    after(
        "tables.js",
        "  const rows = block.rows.map((row) => row.map(text));\n",
        "  shown ??= { caption: block.caption, headers, rows };\n",
    ),
)


def _table(old: str, new: str) -> Edit:
    return Edit("tables.js", old, new)


def _on_desktop(rules: str) -> Edit:
    return style(f"@media (min-width: 1000px) {{ {rules} }}")


_DRAWN: Mapping[str, tuple[Edit, ...]] = {
    "table-th-missing": (_table(_HEADER, 'el("td", { role: "cell", '),),
    "table-headers-sorted": (_table("...headers.map((name, i)", "...[...headers].sort().map((name, i)"),),
    "table-header-blank": (_table(" }, name))));", ' }, i === 0 ? "" : name))));'),),
    "table-header-hidden": (_on_desktop(f"{_WIDE} thead {{ opacity: 0; }}"),),
    "table-header-pale": (_on_desktop(f":root:not(.dark) {_WIDE} th {{ color: var(--hover); }}"),),
    "table-header-html": (_RICH, _table('el("th", {', 'rich("th", {')),
    "table-cell-dropped": (_table("...row.map((cell, i)", "...row.filter(Boolean).map((cell, i)"),),
    "table-rows-capped": (_table("...rows.map((row) => el(", "...rows.slice(0, 7).map((row) => el("),),
    "table-pipes-left": (
        _PIPED,
        Edit(
            "answer.js",
            'case "table": return table(block, tell);',
            'case "table": return block.rows.length > 1 ? table(block, tell)\n'
            '      : el("div", {}, el("div", { class: "streaming" }, piped(block)), table(block, tell));',
        ),
    ),
    "table-html-run": (_RICH, _table('el("td", {', 'rich("td", {')),
    "table-undefined": (_table(" }, cell)))));", " }, cell || undefined)))));"),),
    "table-caption-lost": (
        _table(
            '{ role: "table", "aria-labelledby": caption }, el("caption", { id: caption }, block.caption), head',
            '{ role: "table" }, head',
        ),
    ),
    "table-numbers-ragged": (
        _table('class: numeric[i] ? "number" : null }, cell', r'class: /^\d+$/.test(cell) ? "number" : null }, cell'),
    ),
    "table-cut-off": (_on_desktop(f"{_WIDE} {{ overflow: hidden; }} {_WIDE} table {{ width: 88rem; }}"),),
    "table-sideways": (_on_desktop(f"{_WIDE} {{ overflow: visible; }} {_WIDE} table {{ width: 88rem; }}"),),
    "table-cell-clipped": (
        _on_desktop("td { max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }"),
    ),
}
_COPIED: Mapping[str, tuple[Edit, ...]] = {
    "copy-first": (*_FIRST, _table(_COPY, "() => copy(shown.headers, shown.rows, tell)")),
    "copy-label": (_table(_COPY, "(self) => copy([self.textContent], [], tell)"),),
    "copy-words": (
        _table(
            _COPY,
            '(self) => toClipboard(self.closest(".table-block").innerText).then(() => say("Table copied."))',
        ),
    ),
    "copy-dead": (_table(_COPY, "() => {}"),),
    "copy-mouse-only": (_POINTED, _table(f'button("Copy", {_COPY}{_QUIET}', f'pointed("Copy", {_COPY})')),
    "copy-last-row-lost": (_table(_COPY, "() => copy(headers, rows.slice(0, -1), tell)"),),
    "copy-no-headers": (_table("toClipboard(tsv(headers, rows))", "toClipboard(tsv(rows[0], rows.slice(1)))"),),
    "copy-blanks": (_table(r'.join("\t")).join("\n")', r'.join(" ")).join("\n")'),),
    "copy-silent": (_table("say(done ? `Table copied, ${rows.length} rows.` : ", "if (!done) say("),),
    "copy-focus-lost": (
        _table('if (done) tell("table_copy");', 'document.activeElement?.blur();\n  if (done) tell("table_copy");'),
    ),
}
_EXPORTED: Mapping[str, tuple[Edit, ...]] = {
    "csv-lf": (_table(rf'{_FIELDS} + "\r\n")', rf'{_FIELDS} + "\n")'),),
    "csv-comma-unquoted": (_table(r'/[",\r\n]/.test(safe)', r'/["\r\n]/.test(safe)'),),
    "csv-quotes-single": (_table("${safe.replaceAll('\"', '\"\"')}", "${safe}"),),
    "csv-first-rows": (_table(_DOWNLOAD, "() => download(block.caption, headers, rows.slice(0, 10), tell)"),),
    "csv-formula": (_table(_SAFE, "const safe = cell;"),),
    "csv-header-formula": (
        _table(_FIELDS, 'row.map((cell) => field(cell, row === headers)).join(",")'),
        _table("function field(cell) {", "function field(cell, header) {"),
        _table("const safe = FORMULA", "const safe = !header && FORMULA"),
    ),
    "csv-numbers-defused": (_table(" && !NUMBER.test(cell) ?", " ?"),),
    "csv-columns-reversed": (_table(_FIELDS, '[...row].reverse().map(field).join(",")'),),
    "csv-headers-sorted": (_table(_LINES, _LINES.replace("[headers,", "[[...headers].sort(),")),),
    "csv-no-headers": (_table(_LINES, _LINES.replace("[headers, ...rows]", "rows")),),
    "csv-cell-dropped": (_table(_FIELDS, 'row.filter(Boolean).map(field).join(",")'),),
    "csv-first": (*_FIRST, _table(_DOWNLOAD, "() => download(shown.caption, shown.headers, shown.rows, tell)")),
    "csv-latin1": (
        _table(
            "new Blob([csv(headers, rows)],",
            "new Blob([Uint8Array.from(csv(headers, rows), (letter) => letter.charCodeAt(0))],",
        ),
    ),
    "csv-no-suffix": (
        _table('[csv(headers, rows)], { type: "text/csv;charset=utf-8" })', "[csv(headers, rows)])"),
        _table("download: `${name}.csv`", "download: name"),
    ),
    "csv-dead": (_table("  link.click();\n", ""),),
    "csv-mouse-only": (
        _POINTED,
        _table(f'button("Export CSV", {_DOWNLOAD}{_QUIET}', f'pointed("Export CSV", {_DOWNLOAD})'),
    ),
}
EDITS: Mapping[str, tuple[Edit, ...]] = {**_DRAWN, **_COPIED, **_EXPORTED}
