// The rows of an answer's tables as people see them: of a table, laid out as cards, or as a list of cards.
"use strict";

(() => {
  if (window.__cards) return;

  const CELLS = "td, th, [role=cell], [role=gridcell], [role=rowheader], [role=columnheader]";
  const HEADS = "th, [role=columnheader]";
  const TABLES = "table, [role=table], [role=grid]";
  const ROWS = "tr, [role=row]";
  const CARDS = "li, dl, article, [role=listitem], [role=article]";
  const SOUP = "div, section, p, span";
  const NO_ROLE = new Set(["none", "presentation", "generic"]);

  /** One form for texts that are compared. */
  function plain(text) {
    return text.replace(/\s+/g, " ").trim().toLocaleLowerCase();
  }

  /** The text that the style sheet writes before or after an element. */
  function written(element, pseudo) {
    const its = window.__fit.style(element, pseudo);
    if (its.display === "none" || its.visibility !== "visible" || Number(its.opacity) === 0) return "";
    const content = its.content
      .replace(/attr\(\s*([\w-]+)[^)]*\)/g, (_, name) => JSON.stringify(element.getAttribute(name) ?? ""))
      .split(/"\s\/\s"/)[0]; // what follows a slash is for screen readers
    return [...`${content}"`.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((found) => found[1].replace(/\\(.)/g, "$1")).join("");
  }

  /** All text of an element that people can see, with what the style sheet adds. */
  function said(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    const known = new Map();
    const seen = (element) => {
      if (!known.has(element)) known.set(element, window.__fit.shown(element));
      return known.get(element);
    };
    const parts = [];
    for (let node = root; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) parts.push(seen(node.parentElement) ? node.data : "");
      else if (seen(node)) {
        const label = written(node, "::before");
        parts.push(window.__fit.style(node).display.startsWith("inline") ? "" : " ", label === "" ? "" : `${label} `);
      }
    }
    return `${parts.join("")} ${seen(root) ? written(root, "::after") : ""}`.replace(/\s+/g, " ").trim();
  }

  /** On how many lines some boxes lie. */
  function stacked(elements) {
    let count = 0;
    let bottom = -Infinity;
    const rects = elements.map((element) => element.getBoundingClientRect()).sort((a, b) => a.top - b.top);
    for (const rect of rects) {
      if (rect.top >= bottom - 2) count += 1;
      bottom = Math.max(bottom, rect.bottom);
    }
    return count;
  }

  /** What is left of the roles of table, row and cells once the style sheet gave them another display. */
  function semantics(parts) {
    const roles = parts.map((part) => part.getAttribute("role"));
    if (roles.some((role) => NO_ROLE.has(role))) return "lost";
    const kept = parts.every((part, at) => roles[at] || window.__fit.style(part).display.includes("table"));
    return kept ? "kept" : "implicit";
  }

  /** The header and the rows of one table. */
  function read(table) {
    const header = [];
    const rows = [];
    for (const row of table.querySelectorAll(ROWS)) {
      if (row.closest(TABLES) !== table) continue;
      const all = [...row.querySelectorAll(CELLS)].filter((cell) => cell.closest(ROWS) === row);
      const cells = all.filter((cell) => window.__fit.shown(cell));
      if (all.length > 0 && all.every((cell) => cell.matches(HEADS))) header.push(...cells.map(said));
      else if (cells.length > 0) {
        rows.push({
          spot: window.__fit.placed(row), pieces: cells.map(said), lines: stacked(cells), tabular: true,
          semantics: semantics([table, row, ...all]),
        });
      }
    }
    return { header, rows };
  }

  /** What shows rows outside tables. */
  function card(element, kept) {
    return { spot: window.__fit.placed(element), pieces: [said(element)], lines: 1, tabular: false, semantics: kept };
  }

  /** Cards of a list: the outermost items, other than those around a table. */
  function listed(answer) {
    const items = [...answer.querySelectorAll(CARDS)].filter((item) => window.__fit.shown(item) && !item.querySelector(TABLES) && !item.closest(TABLES));
    return items.filter((item) => !items.some((other) => other !== item && other.contains(item))).map((item) => card(item, "kept"));
  }

  /** The smallest box without any role that shows all values of a row which nothing else shows. */
  function soup(answer, rows, wanted) {
    const holds = (text, values) => values.every((value) => text.includes(plain(value)));
    const texts = rows.map((row) => plain(row.pieces.join(" ")));
    const missed = wanted.filter((values) => !texts.some((text) => holds(text, values)));
    if (missed.length === 0) return [];
    const boxes = [...answer.querySelectorAll(SOUP)].filter((box) => !box.closest(TABLES) && !box.querySelector(TABLES) && window.__fit.shown(box))
      .map((box) => ({ box, text: plain(said(box)) })).sort((a, b) => a.text.length - b.text.length);
    return missed.flatMap((values) => {
      const found = boxes.find(({ text }) => holds(text, values));
      const alone = found && !wanted.some((other) => other !== values && holds(found.text, other));
      return alone ? [card(found.box, "lost")] : [];
    });
  }

  /** The smallest letters in an answer; null where it has no text. */
  function smallest(answer) {
    const sizes = window.__fit.texts(answer).flatMap(({ element }) => [null, "::before"]
      .filter((pseudo) => pseudo === null || written(element, pseudo) !== "")
      .map((pseudo) => ({ element, px: Number.parseFloat(window.__fit.style(element, pseudo).fontSize) })));
    const [least] = sizes.sort((a, b) => a.px - b.px);
    return least ? { spot: window.__fit.placed(least.element), px: least.px } : null;
  }

  /** An answer as it is laid out now; `wanted` are the rows that it should show. */
  function view(answer, wanted) {
    const tables = [...answer.querySelectorAll(TABLES)].map(read);
    const rows = [...tables.flatMap((table) => table.rows), ...listed(answer)];
    const root = document.documentElement;
    return {
      width: root.clientWidth, wide: root.scrollWidth,
      header: tables.flatMap((table) => table.header).filter((name) => name !== ""),
      rows: [...rows, ...soup(answer, rows, wanted)],
      smallest: smallest(answer),
      targets: window.__fit.controls(answer).filter((one) => one.matches("button, [role=button]")).map(window.__fit.placed),
    };
  }

  Object.defineProperty(window, "__cards", { value: Object.freeze({ view }) });
})();
