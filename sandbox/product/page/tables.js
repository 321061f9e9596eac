// Table answers: a real table with a toolbar; below 768 px the style sheet lays each row out as a card.

import { button, el, say } from "./dom.js";

const FORMULA = /^[=+\-@\t\r\n]/;
const NUMBER = /^[+-]?[\d.,\u00a0 ]*\d\s?%?$/;
let count = 0;

/** Return the element of a table block; `tell(event)` reports what people do with it. */
export function table(block, tell) {
  count += 1;
  const caption = `table-${count}`;
  const headers = block.headers.map(text);
  const rows = block.rows.map((row) => row.map(text));
  const numeric = headers.map((_, i) => rows.length > 0 && rows.every((row) => NUMBER.test(row[i])));
  const bar = el("div", { role: "group", class: "toolbar", "aria-labelledby": caption },
    button("Copy", () => copy(headers, rows, tell), { class: "quiet" }),
    button("Export CSV", () => download(block.caption, headers, rows, tell), { class: "quiet" }));
  // roles are written out, since cards are laid out without table display and browsers then drop them
  const head = el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
    ...headers.map((name, i) => el("th", { scope: "col", role: "columnheader", class: numeric[i] ? "number" : null }, name))));
  const body = el("tbody", { role: "rowgroup" }, ...rows.map((row) => el("tr", { role: "row" },
    ...row.map((cell, i) => el("td", { role: "cell", "data-label": headers[i], class: numeric[i] ? "number" : null }, cell)))));
  const grid = el("table", { role: "table", "aria-labelledby": caption }, el("caption", { id: caption }, block.caption), head, body);
  const frame = el("div", { class: "table-frame" }, grid);
  reachable(frame, caption);
  return el("div", { class: "table-block" }, bar, frame);
}

function text(cell) {
  return cell === null || cell === undefined ? "" : String(cell);
}

/** A frame that scrolls sideways can be scrolled with the keyboard; one that doesn't is no stop. */
function reachable(frame, caption) {
  new ResizeObserver(() => {
    const scrolls = frame.scrollWidth > frame.clientWidth + 1;
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-labelledby", caption]]) {
      if (scrolls) frame.setAttribute(name, value);
      else frame.removeAttribute(name);
    }
  }).observe(frame);
}

/** Return the rows as tab-separated values, the form spreadsheets paste. */
export function tsv(headers, rows) {
  return [headers, ...rows].map((row) => row.map((cell) => cell.replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}

/** Return the rows as CSV after RFC 4180 (CRLF); a cell that a spreadsheet would run as a formula gets an apostrophe. */
export function csv(headers, rows) {
  return [headers, ...rows].map((row) => row.map(field).join(",") + "\r\n").join("");
}

function field(cell) {
  const safe = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function copy(headers, rows, tell) {
  const done = await toClipboard(tsv(headers, rows));
  say(done ? `Table copied, ${rows.length} rows.` : "The table could not be copied: the browser refused.");
  if (done) tell("table_copy");
}

async function toClipboard(content) {
  try {
    await navigator.clipboard.writeText(content);
    return true;
  } catch { // no permission, or not a secure context: the older way
    const before = document.activeElement;
    const box = el("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    box.value = content;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    before?.focus();
    return done;
  }
}

function download(caption, headers, rows, tell) {
  const url = URL.createObjectURL(new Blob([csv(headers, rows)], { type: "text/csv;charset=utf-8" }));
  const name = caption.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "table";
  const link = el("a", { href: url, download: `${name}.csv`, class: "unseen", tabindex: "-1" }, "download");
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(`Table exported as ${name}.csv, ${rows.length} rows.`);
  tell("table_export_csv");
}
