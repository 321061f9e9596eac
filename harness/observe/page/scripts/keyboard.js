// A walk with the keyboard from one end of the page to the other: its ends, and what has focus at each step.
// The keys themselves are pressed from outside. Needs controls.js.
"use strict";

(() => {
  if (window.__keys) return;

  const INNER = "iframe, frame, object, embed, audio, video, input[type=date], input[type=time], input[type=month], "
    + "input[type=week], input[type=datetime-local]";
  const MODAL = "[aria-modal=true], dialog:modal";
  const POPUPS = "[role=menu], [role=listbox], [role=dialog], [role=alertdialog], [role=tree], [role=grid], dialog[open], "
    + "[popover]:popover-open";
  const SMALLEST = 2; // px: what is hidden for the eye is often kept one pixel large
  let known = []; // the controls, then whatever else took focus
  let suspects = [];
  let open = new Set(); // what was open before a control was used
  let first = null;
  let last = null;

  /** A stop that nobody sees. */
  function sentinel(tabindex) {
    const element = document.createElement("span");
    element.tabIndex = tabindex;
    Object.assign(element.style, { position: "fixed", top: "0", left: "0", width: "1px", height: "1px", outline: "none" });
    return element;
  }

  /** Find the controls, with the page at its top, and put an end before and behind all of them. */
  function begin() {
    end();
    window.scrollTo({ top: 0, left: 0, behavior: "instant" });
    known = window.__controls.all();
    suspects = window.__controls.mouseOnly();
    const found = { controls: window.__controls.described(known), suspects: suspects.map(window.__look.spot) };
    first = sentinel(1); // positive, so that what jumps the queue by its tabindex comes after it all the same
    last = sentinel(0);
    document.body.prepend(first);
    document.body.append(last);
    return found;
  }

  /** Take the ends away. */
  function end() {
    first?.remove();
    last?.remove();
  }

  /** Put focus before the first control. */
  function start() {
    first.focus({ preventScroll: true });
  }

  /** Scroll to the page's end; returns the boxes there, or null where everything was seen at its top. */
  function down() {
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    if (window.scrollY === 0) return null;
    return [...known, ...suspects].map(window.__look.box);
  }

  /** What the ancestors that clip leave of an element's box, in px². */
  function unclipped(element) {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    let { position } = getComputedStyle(element);
    for (let at = window.__controls.above(element); at && position !== "fixed"; at = window.__controls.above(at)) {
      const style = getComputedStyle(at);
      if (position === "absolute" && style.position === "static") continue;
      if (style.overflow !== "visible" && !["contents", "inline"].includes(style.display) && !at.matches("html, body")) {
        const rect = at.getBoundingClientRect();
        left = Math.max(left, rect.left);
        top = Math.max(top, rect.top);
        right = Math.min(right, rect.right);
        bottom = Math.min(bottom, rect.bottom);
      }
      position = style.position;
    }
    return Math.max(0, right - left) * Math.max(0, bottom - top);
  }

  /** Whether something of it is drawn at all. */
  function drawn(element) {
    const { width, height } = element.getBoundingClientRect();
    return window.__look.visible(element) && width > SMALLEST && height > SMALLEST && unclipped(element) > SMALLEST ** 2;
  }

  /** Whether it lies outside of its window altogether. */
  function outside(element) {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const view = element.ownerDocument.defaultView;
    return right <= 0 || bottom <= 0 || left >= view.innerWidth || top >= view.innerHeight;
  }

  /** Whether other things lie over its middle and all its corners. */
  function covered(element) {
    if (getComputedStyle(element).pointerEvents === "none") return false;
    const { left, top, right, bottom } = element.getClientRects()[0];
    const [dx, dy] = [Math.min(4, (right - left) / 4), Math.min(4, (bottom - top) / 4)];
    const points = [[(left + right) / 2, (top + bottom) / 2], [left + dx, top + dy], [right - dx, top + dy],
      [left + dx, bottom - dy], [right - dx, bottom - dy]];
    const hits = points.map(([x, y]) => element.getRootNode().elementFromPoint(x, y)).filter(Boolean);
    const { holds } = window.__controls;
    return hits.length > 0 && hits.every((hit) => !holds(hit, element) && !holds(element, hit));
  }

  /** Why nobody sees that an element has focus; "" where it is to be seen. */
  function unseen(element) {
    if (window.__controls.closest(element, "[aria-hidden=true]")) return "aria-hidden";
    const there = window.__controls.stands(element).filter(drawn);
    if (there.length === 0) return "not drawn";
    if (there.every(outside)) return "outside";
    return there.every(covered) ? "covered" : "";
  }

  /** The same, once what the page does at focus is done; scrolling that takes its time is done for it. */
  async function hidden(element) {
    if (!unseen(element)) return "";
    await window.__look.settled();
    if (unseen(element) === "outside") element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    return unseen(element);
  }

  /** Whether an element may hold several stops that can't be told apart from here. */
  function inner(element) {
    return element.matches(INNER) || (element.localName.includes("-") && !element.shadowRoot);
  }

  /** Where an element is among those known, which it now is. */
  function index(element) {
    const at = known.indexOf(element);
    return at < 0 ? known.push(element) - 1 : at;
  }

  /** What has focus: one of the ends, nothing (-1), or an element. */
  async function stop() {
    const element = window.__look.focused();
    if (element === null || element === first || element === last) {
      return { at: -1, end: element === null ? "" : element === first ? "first" : "last" };
    }
    return { at: index(element), end: "", hidden: await hidden(element), inner: inner(element), spot: window.__look.spot(element) };
  }

  /** Whether a modal dialog is open. */
  function modal() {
    return [...window.__look.all()].some((element) => element.matches(MODAL) && window.__look.visible(element));
  }

  /** The popups that are open. */
  function popups() {
    return [...window.__look.all()].filter((element) => element.matches(POPUPS) && window.__look.visible(element));
  }

  /** Put focus on a control, and remember what is open. */
  function enter(at) {
    open = new Set(popups());
    known[at].focus();
  }

  /** What a control that was used has opened: by what it says of itself, or by a popup that was not there. */
  function opened(at) {
    const popup = popups().find((one) => !open.has(one)) ?? null;
    return {
      open: known[at].getAttribute("aria-expanded") === "true" || popup !== null,
      on: window.__look.focused() === known[at],
      inside: popup !== null && window.__controls.holds(popup, window.__look.focused()),
    };
  }

  /** Which control the arrow keys came to: the one with focus, or the one that it names as active. */
  function active() {
    const element = window.__look.focused();
    const named = element?.getAttribute("aria-activedescendant");
    return known.indexOf((named && element.getRootNode().getElementById(named)) || element);
  }

  Object.defineProperty(window, "__keys", {
    value: Object.freeze({ begin, end, start, down, stop, modal, enter, opened, active }),
  });
})();
