// Tables of an answer as they are drawn: each cell's text, kind, place and look, and what of them goes out of bounds.
(tables, answer) => {
  const TABLES = "table, [role=table], [role=grid], [role=treegrid]";
  const ROWS = "tr, [role=row]";
  const CELLS = "th, td, [role=cell], [role=gridcell], [role=columnheader], [role=rowheader]";
  const CODE = "pre, code";
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  /** The next element outwards, through shadow roots. */
  function outer(element) {
    const root = element.getRootNode();
    return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
  }

  /** An element and all around it, from the inside out. */
  function* outwards(element) {
    for (let at = element; at; at = outer(at)) yield at;
  }

  /** The innermost element around another that matches. */
  function nearest(element, selector) {
    return [...outwards(element)].slice(1).find((at) => at.matches(selector)) ?? null;
  }

  /** The elements below another that match, and that belong to no other `around` inside of it. */
  function own(element, selector, around) {
    return [...window.__look.all(element)].filter((at) => {
      const owner = at.matches(selector) ? nearest(at, around) : undefined;
      return owner === element || owner === null || (owner !== undefined && !element.contains(owner));
    });
  }

  /** The text that people read in an element: what is hidden or decoration left out, blocks on lines of their own. */
  function words(element, without = () => false) {
    const parts = [];
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) parts.push(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.localName === "br") parts.push("\n");
      else if (node.checkVisibility() && !node.matches("[aria-hidden=true], svg, script, style") && !without(node)) {
        const inline = window.getComputedStyle(node).display.startsWith("inline");
        parts.push(inline ? words(node, without) : `\n${words(node, without)}\n`);
      }
    }
    return parts.join("");
  }

  /** The element whose text an element shows first; itself if it shows none. */
  function holder(element) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.trim()) return walker.currentNode.parentElement;
    return element;
  }

  /** Whether an element is kept from people's eyes by clipping, or stands outside of the page. */
  function cut(element) {
    for (const at of outwards(element)) {
      const style = window.getComputedStyle(at);
      const rect = at.getBoundingClientRect();
      if (/^inset\((?:[5-9]\d|100)(?:\.\d+)?%/.test(style.clipPath)) return true;
      if (/^rect\([01]px,? [01]px,? [01]px,? [01]px\)$/.test(style.clip)) return true;
      if (/hidden|clip/.test(style.overflow) && (rect.width <= 1 || rect.height <= 1)) return true;
    }
    const rect = element.getBoundingClientRect();
    return rect.right + window.scrollX <= 0 || rect.bottom + window.scrollY <= 0;
  }

  /** Whether the text of an element lies inside its box and has a size. */
  function inside(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect();
    const box = element.getBoundingClientRect();
    return text.width >= 1 && text.height >= 1 && text.right > box.left && text.left < box.right
      && text.bottom > box.top && text.top < box.bottom;
  }

  function seen(cell, text) {
    return window.__look.visible(cell) && !cut(cell) && (text.trim() === "" || inside(cell));
  }

  /** The colours of a text and of what it stands on, each laid over what is below; null where that is a picture. */
  function colours(element) {
    const styles = [...outwards(element)].map((at) => window.getComputedStyle(at));
    const picture = styles.findIndex((style) => style.backgroundImage !== "none");
    const opaque = styles.findIndex((style) => /^rgb\(/.test(style.backgroundColor));
    if (picture !== -1 && (opaque === -1 || picture <= opaque)) return { ink: null, ground: null };
    lay("white");
    for (const style of [...styles].reverse()) lay(style.backgroundColor);
    const ground = mixed();
    const share = styles.reduce((left, style) => left * Number(style.opacity), 1);
    lay(styles[0].webkitTextFillColor || styles[0].color, share);
    return { ink: mixed(), ground };
  }

  function lay(colour, share = 1) {
    pen.globalAlpha = share;
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
  }

  function mixed() {
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }

  /** left, right or center, for any writing direction. */
  function align(element) {
    const style = window.getComputedStyle(element);
    const said = style.textAlign.replace("-webkit-", "");
    const [start, end] = style.direction === "rtl" ? ["right", "left"] : ["left", "right"];
    return { start, auto: start, justify: start, end }[said] ?? said;
  }

  /** Whether a part of a cell's text is hidden by a box that is too small for it and does not scroll. */
  function clipped(cell) {
    return [cell, ...window.__look.all(cell)].some((at) => {
      const style = window.getComputedStyle(at);
      if (style.display === "inline" || at.clientWidth <= 1 || at.clientHeight <= 1) return false;
      return (/hidden|clip/.test(style.overflowX) && at.scrollWidth > at.clientWidth + 1)
        || (/hidden|clip/.test(style.overflowY) && at.scrollHeight > at.clientHeight + 1);
    });
  }

  /** Whether a screen reader calls a cell a header. */
  function isHeader(cell) {
    const role = cell.getAttribute("role");
    return role ? role === "columnheader" || role === "rowheader" : cell.localName === "th";
  }

  function readCell(cell) {
    const text = words(cell);
    const shows = holder(cell);
    const header = isHeader(cell);
    return {
      text: text.trim(),
      spot: window.__look.spot(cell),
      header,
      seen: seen(cell, text),
      align: align(shows),
      clipped: clipped(cell),
      elements: [...new Set([...window.__look.all(cell)].map((at) => at.localName))].sort(),
      ...(header ? colours(shows) : { ink: null, ground: null }),
    };
  }

  /** How many px a table goes beyond the innermost box around it that hides what is outside, or beyond its answer. */
  function over(table) {
    const box = table.getBoundingClientRect();
    for (const at of [...outwards(table)].slice(1)) {
      const flow = window.getComputedStyle(at).overflowX;
      if (flow === "auto" || flow === "scroll") return 0;
      const rect = at.getBoundingClientRect();
      if (flow !== "visible" || at === answer) return Math.max(0, box.right - rect.right, rect.left - box.left);
    }
    return 0;
  }

  function named(table) {
    const root = table.getRootNode();
    const by = (table.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean)
      .map((id) => root.getElementById(id)?.textContent ?? "").join(" ");
    const caption = [...table.children].find((child) => child.localName === "caption")?.textContent ?? "";
    const found = [by, table.getAttribute("aria-label") ?? "", caption, table.getAttribute("title") ?? ""];
    return found.map((name) => name.trim()).find(Boolean) ?? "";
  }

  function readTable(table) {
    const rows = own(table, ROWS, TABLES);
    return {
      spot: window.__look.spot(table),
      name: named(table),
      rows: rows.map((row) => own(row, CELLS, ROWS).map(readCell)).filter((cells) => cells.length > 0),
      over: over(table),
    };
  }

  const root = document.documentElement;
  return {
    tables: tables.map(readTable),
    text: words(answer, (node) => tables.includes(node) || node.matches(CODE)),
    sideways: Math.max(0, root.scrollWidth - root.clientWidth),
  };
}
