// What of an element belongs beside its name in the accessibility tree: the label that people see, and whether icons
// drawn by a font are in it. Called by way of the browser's protocol, so that closed shadow roots are no wall.
"use strict";

(() => {
  if (window.__spoken) return;

  const ICON_FONT = /material|icon|glyph|symbol|awesome/i;
  const FIELD = "input, textarea, select, [role=textbox], [role=searchbox], [role=combobox], [role=spinbutton], [role=slider]";
  const LIKE_BUTTON = "input[type=submit], input[type=button], input[type=reset]";
  const TOGGLES = ["aria-pressed", "aria-expanded", "aria-checked"];
  let marked = null;
  let toggles = [];

  /** Whether a text is drawn by a font of icons: the first of its fonts, not one that stands in. */
  function icon(element) {
    return ICON_FONT.test(getComputedStyle(element).fontFamily.split(",")[0]);
  }

  /** The texts that are drawn below an element, with whether each is an icon's; `but` is left out. */
  function texts(element, but = null) {
    const found = [];
    const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let at = walker.nextNode(); at; at = walker.nextNode()) {
      const text = at.data.trim().replace(/\s+/g, " ");
      if (!text || but?.contains(at) || !at.parentElement.checkVisibility({ visibilityProperty: true })) continue;
      const silent = at.parentElement.closest("[aria-hidden=true]") !== null;
      found.push({ text, icon: icon(at.parentElement), silent });
    }
    return found;
  }

  /** The label that people see on a control or beside it, without icons. */
  function label(element) {
    if (element.matches(LIKE_BUTTON)) return element.value;
    const parts = element.matches(FIELD)
      ? [...element.labels ?? []].flatMap((one) => texts(one, element))
      : texts(element);
    return parts.filter((part) => !part.icon).map((part) => part.text).join(" ").slice(0, 200);
  }

  /** Whether it scrolls what it holds, and may be a stop for that alone. */
  function scrolls(element) {
    const { overflowX, overflowY } = getComputedStyle(element);
    return (overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1)
      || (overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1);
  }

  /** What is told of a control or an image. */
  function facts(element) {
    return {
      spot: window.__look.spot(element),
      text: label(element),
      icons: texts(element).filter((part) => part.icon && !part.silent).map((part) => part.text),
      stop: element.isContentEditable || (element.hasAttribute("tabindex") && element.tabIndex >= 0),
      scrolls: scrolls(element),
    };
  }

  /** Remember an element, to be found again by way of the browser's protocol. */
  function mark(element) {
    marked = element;
  }

  /** The element that was remembered. */
  function remembered() {
    return marked;
  }

  /** What is off and can be switched on; of several that exclude each other, the first. */
  function off() {
    const groups = new Set();
    toggles = [...window.__look.all()].filter((element) => {
      const group = element.closest("[role=group], [role=radiogroup], [role=tablist], fieldset");
      const able = window.__look.visible(element) && !element.matches(":disabled, [aria-disabled=true]")
        && TOGGLES.some((name) => element.getAttribute(name) === "false") && !groups.has(group);
      if (able && group) groups.add(group);
      return able;
    });
    return toggles.map((element) => ({
      spot: window.__look.spot(element),
      attribute: TOGGLES.find((name) => element.getAttribute(name) === "false"),
    }));
  }

  /** Use one of them as a screen reader does; returns what it says then, null where it is gone. What was opened is closed. */
  async function use(at) {
    const element = toggles[at];
    const name = TOGGLES.find((one) => element.getAttribute(one) === "false");
    if (!element.isConnected || !name) return null;
    element.click();
    await window.__look.settled();
    if (!element.isConnected) return null;
    const says = element.getAttribute(name) ?? "";
    if (name === "aria-expanded" && says === "true") {
      element.click();
      await window.__look.settled();
    }
    return says;
  }

  Object.defineProperty(window, "__spoken", {
    value: Object.freeze({ facts, mark, remembered, off, use }),
  });
})();
