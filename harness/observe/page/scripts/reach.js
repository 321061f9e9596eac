// What every look needs of a page: where an element is, what it is for people, whether it can be seen.
// Runs in each frame before the page's own scripts, and keeps to one hidden name.
"use strict";

(() => {
  if (window.__look) return;

  /** The parts of a selector of an element within its own tree. */
  function local(element) {
    const parts = [];
    for (let at = element; at; at = at.parentElement) {
      if (at.id && at.getRootNode().querySelectorAll(`#${CSS.escape(at.id)}`).length === 1) {
        parts.unshift(`#${CSS.escape(at.id)}`);
        break;
      }
      const name = at.localName;
      const same = at.parentElement ? [...at.parentElement.children].filter((other) => other.localName === name) : [];
      parts.unshift(same.length > 1 ? `${name}:nth-of-type(${same.indexOf(at) + 1})` : name);
    }
    return parts.join(" > ");
  }

  /** A selector through open shadow roots and same-origin frames: "outer >> inner". */
  function where(element) {
    const root = element.getRootNode();
    const own = local(element);
    if (root.host) return `${where(root.host)} >> ${own}`;
    const frame = element.ownerDocument.defaultView?.frameElement;
    return frame ? `${where(frame)} >> ${own}` : own;
  }

  /** The box of an element in the outermost viewport, in CSS px: [x, y, width, height]. */
  function box(element) {
    const rect = element.getBoundingClientRect();
    let { x, y } = rect;
    for (let view = element.ownerDocument.defaultView; view?.frameElement; view = view.parent) {
      const frame = view.frameElement;
      const outer = frame.getBoundingClientRect();
      x += outer.x + frame.clientLeft;
      y += outer.y + frame.clientTop;
    }
    return [x, y, rect.width, rect.height];
  }

  /** Whether people can see it at all: laid out, not hidden, not transparent, of some size. */
  function visible(element) {
    if (!element.isConnected) return false;
    const seen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
    const rect = element.getBoundingClientRect();
    return seen && rect.width >= 1 && rect.height >= 1;
  }

  /** All elements below a root, through open shadow roots and same-origin frames. */
  function* all(root = document) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* all(element.shadowRoot);
      if (element.localName === "iframe") {
        let inner = null;
        try {
          inner = element.contentDocument;
        } catch { /* another origin: seen from its own frame */ }
        if (inner) yield* all(inner);
      }
    }
  }

  /** The element that has focus, through shadow roots and frames; null for none. */
  function focused() {
    let at = document.activeElement;
    for (;;) {
      if (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      else if (at?.localName === "iframe" && at.contentDocument?.activeElement) at = at.contentDocument.activeElement;
      else break;
    }
    return at && at.localName !== "body" && at.localName !== "html" ? at : null;
  }

  /** A short name for people: the usual sources of an accessible name, without its full algorithm. */
  function called(element) {
    const by = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean)
      .map((id) => element.getRootNode().getElementById?.(id)?.textContent ?? "").join(" ");
    const label = element.labels?.length ? [...element.labels].map((one) => one.textContent).join(" ") : "";
    const found = by || element.getAttribute("aria-label") || label || element.getAttribute("alt")
      || element.textContent || element.getAttribute("title") || element.getAttribute("placeholder") || "";
    return found.trim().replace(/\s+/g, " ").slice(0, 80);
  }

  const ROLES = { a: "link", button: "button", textarea: "textbox", select: "combobox", table: "table", th: "columnheader",
    td: "cell", article: "article", img: "img", iframe: "frame", input: "input" };

  /** An element as a Spot of the harness: where, role, name, box. */
  function spot(element) {
    const role = element.getAttribute("role") || ROLES[element.localName] || element.localName;
    return { where: where(element), role, name: called(element), box: box(element) };
  }

  const HIDDEN_MS = 1_000; // a page that is not in front draws no frames
  const LONGEST_MS = 3_000; // an animation that takes longer is part of the page as people see it

  /** Whatever comes first: the promise, or so many ms. */
  function within(ms, promise) {
    return Promise.race([promise, new Promise((done) => window.setTimeout(done, ms))]);
  }

  /** Two frames painted: what was changed is on the screen. */
  function painted() {
    const frames = new Promise((done) => window.requestAnimationFrame(() => window.requestAnimationFrame(() => done())));
    return within(HIDDEN_MS, frames);
  }

  /** No finite animation or transition runs any more; those that never end don't count. */
  async function settled() {
    await painted();
    const finite = document.getAnimations().filter((one) => {
      const end = one.effect?.getComputedTiming().endTime;
      return one.playState === "running" && Number.isFinite(Number(end));
    });
    await within(LONGEST_MS, Promise.allSettled(finite.map((one) => one.finished)));
    await painted();
  }

  Object.defineProperty(window, "__look", {
    value: Object.freeze({ where, box, visible, all, focused, called, spot, painted, settled }),
  });
})();
