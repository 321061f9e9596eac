// The controls of the page, and whether hovering, focusing or opening one changes anything that axe's rules read.
// Colours are not among it: their rules are another line's.
"use strict";

(() => {
  if (window.__states) return;

  const CONTROLS = [
    "a[href]", "area[href]", "button", "input:not([type=hidden])", "select", "textarea", "summary",
    "[contenteditable='']", "[contenteditable=true]", "[tabindex]:not([tabindex='-1'])",
    ...["button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "tab", "menuitem", "switch",
      "slider", "option"].map((role) => `[role=${role}]`),
  ].join(", ");
  const REGIONS = "main, header, footer, nav, aside, form, section, dialog, [role=dialog], [role=menu], [role=region]";
  const look = window.__look;
  let list = [];
  let rest = new Map();

  /** All that rules read of one element: is it there for people, its attributes, its own text. */
  function read(element) {
    const attributes = [...element.attributes]
      .filter(({ name }) => name !== "class" && name !== "style" && !name.startsWith("data-"))
      .map(({ name, value }) => `${name}=${value}`);
    const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const own = text.map((node) => node.data.trim());
    return [look.visible(element), ...attributes, ...own].join("\n");
  }

  function snapshot() {
    return new Map([...look.all()].map((element) => [element, read(element)]));
  }

  /** Null where all is as at rest, else the selector of the part that holds the change: "" for the whole page. */
  function difference(control) {
    const now = snapshot();
    const changed = [...now].filter(([element, text]) => rest.get(element) !== text).map(([element]) => element);
    const gone = [...rest.keys()].some((element) => !now.has(element));
    if (changed.length === 0 && !gone) return null;
    const region = control.getRootNode() === document ? control.closest(REGIONS) : null;
    const inside = region && !gone && changed.every((element) => region.contains(element));
    return inside ? look.where(region) : "";
  }

  function usable(element) {
    return look.visible(element) && !element.matches(":disabled") && !element.closest("[inert], [aria-hidden=true]");
  }

  function opens(element) {
    if (element.localName === "summary") return element.parentElement?.open === false;
    const popup = element.getAttribute("aria-haspopup");
    return element.getAttribute("aria-expanded") === "false" || (popup !== null && popup !== "false");
  }

  /** Find the controls of this document and its open shadow roots; later calls name them by their index. */
  function controls() {
    list = [...look.all()].filter((one) => one.ownerDocument === document && one.matches(CONTROLS) && usable(one));
    return list.map((one) => ({ ...look.spot(one), opens: opens(one) }));
  }

  /** Let nothing have focus, and remember the page so. */
  async function still() {
    look.focused()?.blur();
    await look.painted();
    rest = snapshot();
  }

  /** Where a pointer meets a control, [x, y], brought into view; null where something else lies over it. */
  function point(at) {
    const control = list[at];
    control.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const rect = control.getClientRects()[0];
    if (!rect) return null;
    const [x, y] = [rect.x + rect.width / 2, rect.y + rect.height / 2];
    let hit = document.elementFromPoint(x, y);
    while (hit?.shadowRoot) {
      const inner = hit.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === hit) break;
      hit = inner;
    }
    return hit && (control.contains(hit) || control.shadowRoot?.contains(hit)) ? [x, y] : null;
  }

  /** What changed since all was still. */
  async function change(at) {
    await look.painted();
    return difference(list[at]);
  }

  function focus(at) {
    list[at].focus({ preventScroll: true, focusVisible: true });
  }

  /** Focus several controls one after the other; told is for which something changed, and which took no focus. */
  async function focusEach(ats) {
    const told = { unchanged: 0, unreached: [], changed: [] };
    for (const at of ats) {
      focus(at);
      await look.painted();
      const within = difference(list[at]);
      if (look.focused() !== list[at]) told.unreached.push(at);
      else if (within === null) told.unchanged += 1;
      else told.changed.push({ at, within });
    }
    await still();
    return told;
  }

  function isOpen(at) {
    const control = list[at];
    return control.getAttribute("aria-expanded") === "true"
      || (control.localName === "summary" && control.parentElement?.open === true);
  }

  /** Bring an element into view and return its box; null where the path leads nowhere. */
  function reveal(where) {
    let root = document;
    let element = null;
    for (const part of where.split(" >> ")) {
      element = root?.querySelector(part) ?? null;
      root = element?.shadowRoot ?? element?.contentDocument ?? null;
    }
    element?.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    return element && look.box(element);
  }

  /** How many custom elements have no shadow root that can be seen into. */
  function closed() {
    return [...look.all()].filter((element) => element.localName.includes("-") && !element.shadowRoot).length;
  }

  Object.defineProperty(window, "__states", {
    value: Object.freeze({ controls, still, point, change, focus, focusEach, isOpen, reveal, closed }),
  });
})();
