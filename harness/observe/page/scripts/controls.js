// What on a page can be operated, and what only looks so; for the walk with the keyboard (keyboard.js).
"use strict";

(() => {
  if (window.__controls) return;

  const ROLES = ["button", "link", "textbox", "searchbox", "spinbutton", "checkbox", "radio", "switch", "combobox", "slider",
    "tab", "option", "treeitem", "menuitem", "menuitemcheckbox", "menuitemradio"];
  const OPERABLE = [
    "a[href]", "area[href]", "button", "input:not([type=hidden])", "textarea", "select", "details > summary:first-of-type",
    "audio[controls]", "video[controls]", "[contenteditable]:not([contenteditable=false])", "[tabindex]:not([tabindex^='-'])",
    ...ROLES.map((role) => `[role=${role}]`),
  ].join(", ");
  const COMPOSITES = ["radiogroup", "tablist", "toolbar", "menu", "menubar", "listbox", "tree", "grid", "treegrid"]
    .map((role) => `[role=${role}]`).join(", ");
  const OFF = ":disabled, [inert], [inert] *, [aria-disabled=true], [aria-disabled=true] *";
  const TYPED = "input, textarea, select, [contenteditable]:not([contenteditable=false]), [role=combobox], [role=textbox]";

  /** The parent, through a shadow root to its host. */
  function above(element) {
    return element.parentElement ?? element.getRootNode().host ?? null;
  }

  /** The nearest ancestor or the element itself that a selector matches, through shadow roots. */
  function closest(element, selector) {
    for (let at = element; at; at = above(at)) if (at.matches(selector)) return at;
    return null;
  }

  /** Whether one element holds another, through shadow roots. */
  function holds(outer, inner) {
    for (let at = inner; at; at = above(at)) if (at === outer) return true;
    return false;
  }

  /** What people see of a native control that is itself hidden: its labels. */
  function stands(element) {
    const hidden = element.matches("input[type=checkbox], input[type=radio], input[type=file]");
    return [element, ...(hidden ? element.labels ?? [] : [])];
  }

  /** Whether people are meant to use it now. Duplicates for the mouse (hidden from readers, no stop) are not. */
  function usable(element) {
    if (!stands(element).some((one) => window.__look.visible(one)) || closest(element, OFF)) return false;
    if (element.tabIndex >= 0) return true;
    return !closest(element, "[aria-hidden=true]") && !above(element)?.querySelector("[role=combobox]");
  }

  /** All controls, in the order of the document. */
  function all() {
    return [...window.__look.all()].filter((element) => element.matches(OPERABLE) && usable(element));
  }

  /** Whether it looks or acts as if it could be clicked, by itself and not for what it holds. */
  function clickable(element) {
    if (typeof element.onclick === "function") return true;
    const outer = above(element);
    return outer !== null && getComputedStyle(element).cursor === "pointer" && getComputedStyle(outer).cursor !== "pointer";
  }

  /** What can be clicked and is no control for the keyboard, nor in one, nor around one. */
  function mouseOnly() {
    const within = `${OPERABLE}, label, option, [aria-hidden=true], ${OFF}`;
    return [...window.__look.all()].filter((element) => clickable(element) && !element.matches("html, body")
      && window.__look.visible(element) && !closest(element, within) && !element.querySelector(OPERABLE));
  }

  /** What holds together controls that are one stop: the first of native radio buttons, or the widget around. */
  function group(element) {
    if (!element.matches("input[type=radio]") || !element.name) return closest(element, COMPOSITES);
    const radios = [...element.getRootNode().querySelectorAll("input[type=radio]")];
    return radios.find((one) => one.name === element.name && one.form === element.form);
  }

  /** Whether an element scrolls what it holds. */
  function scrolls(element) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const able = (way) => way === "auto" || way === "scroll";
    return (able(overflowX) && element.scrollWidth > element.clientWidth + 1)
      || (able(overflowY) && element.scrollHeight > element.clientHeight + 1);
  }

  /** What moves on its own against the page: the nearest box that scrolls, sticks or is fixed; null for the page. */
  function layer(element) {
    for (let at = element; at && !at.matches("html, body"); at = above(at)) {
      if (["fixed", "sticky"].includes(getComputedStyle(at).position) || (at !== element && scrolls(at))) return at;
    }
    return null;
  }

  /** What a control opens: a "popup", or a "disclosure" in the page; "" for neither. */
  function opener(element) {
    if (element.matches(TYPED) || element.getAttribute("aria-expanded") === "true") return "";
    if ((element.getAttribute("aria-haspopup") ?? "false") !== "false") return "popup";
    return element.hasAttribute("aria-expanded") ? "disclosure" : "";
  }

  /** Numbers for things, -1 for none. */
  function numbering() {
    const known = [];
    return (thing) => {
      if (!thing) return -1;
      const at = known.indexOf(thing);
      return at < 0 ? known.push(thing) - 1 : at;
    };
  }

  /** Controls as the harness keeps them. */
  function described(elements) {
    const groups = numbering();
    const layers = numbering();
    return elements.map((element) => ({
      spot: window.__look.spot(element),
      tabindex: Number.parseInt(element.getAttribute("tabindex") ?? "0", 10) || 0,
      group: groups(group(element)),
      layer: layers(layer(element)),
      opener: opener(element),
    }));
  }

  Object.defineProperty(window, "__controls", {
    value: Object.freeze({ above, closest, holds, stands, all, mouseOnly, described }),
  });
})();
