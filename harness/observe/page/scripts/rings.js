// The stops of the Tab key: which element has focus, where it is drawn, and taking focus away and back.
// Works through open shadow roots and same-origin frames; needs reach.js.
"use strict";

(() => {
  if (window.__rings) return;
  const look = window.__look;
  const TINY = 4; // px: a control this small is drawn by its label
  const FRAMES = 60; // at most, until a smooth scroll has ended
  const GROUP = "form, fieldset, dialog, [role=form], [role=group], [role=search], [role=toolbar], [role=dialog]";
  const TYPED = ["text", "search", "url", "tel", "email", "password", "number"];
  const DRAWN = ["outlineStyle", "outlineColor", "outlineWidth", "boxShadow", "borderColor", "borderWidth", "backgroundColor", "content"];
  const seen = new Set();
  let ends = [];
  let at = null; // the stop that is looked at
  let scrolled = []; // how far everything around it was scrolled
  let drawn = []; // how everything around it was drawn while it had focus

  /** What holds an element: its parent, its shadow root's host, or its frame. */
  function holder(element) {
    if (element.parentElement) return element.parentElement;
    const root = element.getRootNode();
    return root.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? root.host : root.defaultView?.frameElement;
  }

  /** An element and all that holds it, from the inside out. */
  function up(element) {
    const found = [];
    for (let one = element; one; one = holder(one)) found.push(one);
    return found;
  }

  /** An element that takes focus and is neither seen nor in anybody's way. */
  function sentinel(order) {
    const made = document.createElement("span");
    made.tabIndex = order;
    Object.assign(made.style, {
      position: "fixed", top: "0", left: "0", width: "1px", height: "1px", opacity: "0", outline: "none", pointerEvents: "none",
    });
    return made;
  }

  /** Put one sentinel before the page and one behind it. Order 1 comes before all that names an order itself. */
  function begin() {
    end();
    seen.clear();
    ends = [sentinel(1), sentinel(0)];
    document.body.prepend(ends[0]);
    document.body.append(ends[1]);
    start();
  }

  /** Stand before the first stop, at the page's top. */
  function start() {
    document.scrollingElement?.scrollTo({ top: 0, left: 0, behavior: "instant" });
    ends[0].focus({ preventScroll: true });
  }

  /** Leave the page as it was. */
  function end() {
    if (ends.length) look.focused()?.blur();
    for (const one of ends) one.remove();
    ends = [];
    at = null;
  }

  /** Wait until what has focus stays where it is for two frames: scrolling may be smooth. */
  async function rest() {
    let before = "";
    for (let frame = 0; frame < FRAMES; frame += 1) {
      const now = look.focused();
      const box = now ? String(look.box(now)) : "nowhere";
      if (box === before) return;
      before = box;
      await look.painted();
    }
  }

  /** Whether an element may hold further stops that can't be told apart from outside. */
  function opaque(element) {
    return foreign(element) || (element.localName.includes("-") && !element.shadowRoot);
  }

  function foreign(element) {
    return element.localName === "iframe" && !element.contentDocument;
  }

  /** The stop that was reached by a Tab; null at the end: behind the page, nowhere, or where it was before. */
  async function arrive() {
    await rest();
    const now = look.focused();
    if (!now) return document.activeElement?.localName === "iframe" ? { again: true } : null;
    if (ends.includes(now)) return null;
    if (seen.has(now)) return opaque(now) ? { again: true } : null;
    seen.add(now);
    return here();
  }

  /** The stop that was reached once more, whether it was there before or not. */
  async function stand() {
    await rest();
    return here();
  }

  /** The stop where focus is now; what follows is about it. */
  function here() {
    at = look.focused();
    if (!at || ends.includes(at)) return null;
    scrolled = up(at).map((one) => [one, one.scrollLeft, one.scrollTop]);
    drawn = around(at).map((one) => [one, looks(one)]);
    const shown = drawnBy(at);
    const box = look.box(shown);
    const [x, y, width, height] = box;
    const outside = x + width <= 0 || y + height <= 0 || x >= window.innerWidth || y >= window.innerHeight;
    return {
      again: false,
      spot: look.spot(at),
      box,
      window: [window.innerWidth, window.innerHeight],
      caret: typing(at),
      cover: cover(shown),
      unseen: outside || Math.min(width, height) <= TINY,
      foreign: foreign(at),
    };
  }

  /** The element itself, or the label of a control that shows nothing itself. */
  function drawnBy(element) {
    const rect = element.getBoundingClientRect();
    const shows = look.visible(element) && Math.min(rect.width, rect.height) > TINY;
    return shows ? element : element.labels?.[0] ?? element.closest("label") ?? element;
  }

  /** Whether a caret shows where typing goes. */
  function typing(element) {
    const field = element.localName === "textarea" || (element.localName === "input" && TYPED.includes(element.type));
    if (!field && !element.isContentEditable) return false;
    const clear = /^rgba\(.*, 0\)$|\/ 0\)$/.test(getComputedStyle(element).caretColor);
    return !element.readOnly && !clear;
  }

  /** What holds an element within its form or group: a ring may be drawn around all of it. */
  function around(element) {
    const found = [];
    for (const one of up(element).slice(1)) {
      if (one.localName === "body" || one.localName === "html") break;
      found.push(one);
      if (one.matches(GROUP)) break;
    }
    return found;
  }

  function looks(element) {
    const styles = [null, "::before", "::after"].map((part) => getComputedStyle(element, part));
    return styles.flatMap((style) => DRAWN.map((name) => style[name])).join();
  }

  /** The box of the nearest element around the stop that is drawn otherwise now than while the stop had focus. */
  function bearer() {
    const [one] = drawn.find(([element, before]) => looks(element) !== before) ?? [];
    return one ? look.box(one) : null;
  }

  /** The innermost element at a point of the outermost viewport; null outside of it. */
  function deepest(x, y) {
    let top = document.elementFromPoint(x, y);
    for (;;) {
      let inner = top?.shadowRoot?.elementFromPoint(x, y);
      if (top?.localName === "iframe" && top.contentDocument) {
        const rect = top.getBoundingClientRect();
        x -= rect.x + top.clientLeft;
        y -= rect.y + top.clientTop;
        inner = top.contentDocument.elementFromPoint(x, y);
      }
      if (!inner || inner === top) return top;
      top = inner;
    }
  }

  /** What hides an element at each of fifteen points, as a selector; "" where one point of it can be seen. */
  function cover(element) {
    const [x, y, width, height] = look.box(element);
    const kin = new Set([element, element.control, ...(element.labels ?? [])]);
    const holders = new Set(up(element));
    let by = null;
    for (const down of [0.2, 0.5, 0.8]) {
      for (const across of [0.1, 0.3, 0.5, 0.7, 0.9]) {
        const top = deepest(x + width * across, y + height * down);
        if (!top) continue; // outside of the window
        if (holders.has(top) || up(top).some((one) => kin.has(one))) return "";
        by ??= top;
      }
    }
    if (!by) return "";
    const bar = up(by).find((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position));
    return look.where(bar && !holders.has(bar) ? bar : by);
  }

  /** Scroll everything around the stop back to where it was when the stop was reached. */
  function restore() {
    for (const [one, left, top] of scrolled) {
      if (one.scrollLeft !== left || one.scrollTop !== top) one.scrollTo({ left, top, behavior: "instant" });
    }
  }

  /** Nothing tells when a script draws a ring late: all that can be done is to give it time. */
  function pause(ms) {
    return ms > 0 ? new Promise((done) => window.setTimeout(done, ms)) : null;
  }

  /** Take focus away and leave the stop where it is. */
  function leave(ms) {
    at.blur();
    return left(ms);
  }

  /** What is to be known after focus was taken away, by whatever. */
  async function left(ms) {
    restore();
    await pause(ms);
    const now = look.focused();
    const other = now && now !== at && !ends.includes(now) ? look.box(now) : null;
    return { gone: now !== at, there: look.visible(at), bearer: bearer(), other };
  }

  /** Give focus back as a key would; tells whether the stop has it. */
  function back(ms) {
    at.focus({ preventScroll: true, focusVisible: true });
    return returned(ms);
  }

  /** Whether the stop has focus again, given by whatever. */
  async function returned(ms) {
    restore();
    await pause(ms);
    return at.isConnected && look.focused() === at;
  }

  Object.defineProperty(window, "__rings", {
    value: Object.freeze({ begin, start, end, arrive, stand, leave, left, back, returned }),
  });
})();
