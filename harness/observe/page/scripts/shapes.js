// What of a page is no text and must still be told apart: edges of fields, icons, surfaces; and its controls.
// Runs in each frame before the page's own scripts; needs reach.js and colours.js when it is called.
"use strict";

(() => {
  if (window.__shapes) return;

  const EDITABLE = "[contenteditable]:not([contenteditable=false])";
  const CHECKS = "input[type=checkbox], input[type=radio], [role=checkbox], [role=radio], [role=switch]";
  const FIELDS = [
    "textarea", "select", EDITABLE, "[role=textbox]", "[role=searchbox]", "[role=combobox]", "[role=spinbutton]", CHECKS,
    `input:not(${["hidden", "button", "submit", "reset", "image", "range", "color", "file"].map((type) => `[type=${type}]`)})`,
  ].join(", ");
  const CONTROLS = [
    "a[href]", "button", "input:not([type=hidden])", "textarea", "select", "summary", EDITABLE,
    "[tabindex]:not([tabindex='-1'])", "[role=button]", "[role=link]", "[role=tab]", "[role=menuitem]", "[role=option]",
    "[role=combobox]", CHECKS,
  ].join(", ");
  const DRAWN = "path, circle, rect, ellipse, line, polyline, polygon, text, use";
  const PICTURES = "img, svg, svg *, canvas, video, picture, iframe, object, embed";
  const OFF = ":disabled, [aria-disabled=true], [inert]";
  const ICON_PX = 64;
  const SMALLEST_PX = 8;
  const SURFACE_PX = 1000; // of area: knobs and bullets are no surfaces
  const OUTER = 3; // so far out may a field's edge be drawn by what it stands in
  let held = [];
  let visited = new Set();

  const all = (selector) => [...window.__look.all()].filter((element) => element.matches(selector) && window.__colours.seen(element));
  const drawn = (style, side) => style[`border${side}Style`] !== "none" && Number.parseFloat(style[`border${side}Width`]) > 0;

  /** Rings that are drawn as shadows without blur. */
  function rings(style) {
    const found = style.boxShadow.matchAll(/((?:rgba?|color|oklch|oklab|lab|lch)\([^)]*\)) 0px 0px 0px ([\d.]+)px/g);
    return [...found].filter(([, , width]) => Number(width) >= 1).map(([, colour]) => window.__colours.rgba(colour));
  }

  /** What shows where an element ends: lines on its sides, its ground, what lies outside; null where it shows nothing. */
  function rim(element, whole) {
    const { style, ground, opacity } = window.__colours.paint(element);
    const sides = ["Top", "Right", "Bottom", "Left"].filter((side) => drawn(style, side));
    const lines = whole && sides.length < 4 ? [] : sides.map((side) => window.__colours.rgba(style[`border${side}Color`]));
    lines.push(...rings(style));
    const outlined = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
    if (outlined) lines.push(window.__colours.rgba(style.outlineColor));
    const around = window.__colours.outer(element);
    if (around === null || (lines.length === 0 && ground[3] === 0)) return null;
    const { layers, why } = window.__colours.below(around);
    return { lines, ground, outside: [[0, 0, 0, 0, opacity], ...layers], why };
  }

  function common(element) {
    return { element, exempt: element.closest(OFF) !== null, box: window.__look.box(element), count: 1 };
  }

  function edge(element) {
    const isCheck = element.matches(CHECKS);
    if (isCheck && element.localName === "input" && window.__colours.paint(element).style.appearance !== "none") return null;
    const rims = [];
    const { height } = element.getBoundingClientRect();
    for (let at = element, out = 0; at && out <= (isCheck ? 0 : OUTER); at = window.__colours.outer(at), out += 1) {
      if (out > 0 && at.getBoundingClientRect().height > 2 * height + 16) break;
      const found = rim(at, out > 0);
      if (found !== null) rims.push(found);
    }
    const doubts = [...new Set(rims.flatMap(({ why }) => [...why]))];
    const told = rims.map(({ lines, ground, outside }) => ({ lines, ground, outside }));
    return { ...common(element), kind: isCheck ? "check" : "field", rims: told, doubts };
  }

  /** The colours in which a drawing's shapes are filled and stroked; null where it has more than flat ones. */
  function inks(svg) {
    const found = [];
    for (const shape of svg.querySelectorAll(DRAWN)) {
      const style = window.getComputedStyle(shape);
      const painted = [
        shape.localName === "line" ? ["none", 0] : [style.fill, Number(style.fillOpacity)],
        Number.parseFloat(style.strokeWidth) > 0 ? [style.stroke, Number(style.strokeOpacity)] : ["none", 0],
      ];
      for (const [colour, opacity] of painted) {
        if (colour === "none" || style.visibility !== "visible" || style.display === "none") continue;
        if (colour.startsWith("url(")) return null;
        const [red, green, blue, alpha] = window.__colours.rgba(colour);
        found.push([red, green, blue, alpha * opacity * Number(style.opacity)]);
      }
    }
    return svg.querySelector("image, foreignObject, mask") || found.length === 0 ? null : found;
  }

  function iconic(element) {
    const { width, height } = element.getBoundingClientRect();
    return Math.max(width, height) <= ICON_PX && Math.min(width, height) >= SMALLEST_PX;
  }

  /** Whether a control has neither text nor a drawing in it: its picture comes from the style sheet. */
  function pictured(element) {
    if (element.textContent.trim() !== "" || !element.matches("a, button, [role=button], [role=link]")) return false;
    return element.querySelector("svg, img") === null && ![...element.querySelectorAll("*")].some((one) => one.shadowRoot);
  }

  /** Small drawings and pictures, and controls that are told by nothing but a picture. */
  function* iconsHere() {
    for (const element of all("svg, img")) {
      if (!iconic(element) || element.parentElement?.closest("svg")) continue;
      const colours = element.localName === "svg" ? inks(element) : null;
      if (colours === null && element.closest(CONTROLS) === null) continue; // a picture of its own
      yield icon(element, colours);
    }
    for (const element of all(CONTROLS)) {
      if (iconic(element) && pictured(element)) yield icon(element, null);
    }
  }

  function icon(element, colours) {
    const { layers, why } = window.__colours.below(element);
    return { ...common(element), colours: colours ?? [], layers, pixels: colours === null || why.size > 0 };
  }

  /** All that paints a ground of its own, large enough to be seen as a surface. */
  function surfaces() {
    window.__colours.begin();
    const found = new Map();
    for (const element of window.__look.all()) {
      if (element === document.documentElement || element === document.body || element.matches(PICTURES)) continue;
      const { ground, picture } = window.__colours.paint(element);
      const { width, height } = element.getBoundingClientRect();
      if (ground[3] < 0.5 && picture === "") continue;
      if (width * height < SURFACE_PX || Math.min(width, height) < SMALLEST_PX || !window.__colours.seen(element)) continue;
      const { layers } = window.__colours.below(element);
      const key = JSON.stringify([element.localName, element.getAttribute("class"), window.__colours.partOf(element), layers, picture]);
      const same = found.get(key);
      if (same) same.count += 1;
      else found.set(key, { ...common(element), layers, picture: picture !== "", control: element.matches(CONTROLS) });
    }
    return [...found.values()].map(window.__colours.tell);
  }

  /** A point of an element where a pointer would hit it. */
  function point(element) {
    const { left, top, width, height } = element.getBoundingClientRect();
    const [x, y] = window.__look.box(element);
    const places = [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5], [0.1, 0.2], [0.9, 0.8]];
    const hit = places.find(([right, down]) => {
      const there = element.getRootNode().elementFromPoint(left + width * right, top + height * down);
      return there !== null && (element.contains(there) || there.contains(element) && there.localName === "label");
    });
    return hit ? [x + width * hit[0], y + height * hit[1]] : null;
  }

  /** Controls that can be used and were not told since `forget`; `focus(n)` takes them by their place in this list. */
  function controls() {
    window.__colours.begin();
    held = all(CONTROLS).filter((element) => element.closest(OFF) === null && !visited.has(window.__look.where(element)));
    for (const element of held) visited.add(window.__look.where(element));
    return held.map((element) => ({ spot: window.__look.spot(element), point: point(element) }));
  }

  /** The element that a selector through frames and shadow roots means. */
  function at(where) {
    let root = document;
    let found = null;
    for (const step of where.split(" >> ")) {
      found = root?.querySelector(step) ?? null;
      root = found?.shadowRoot ?? found?.contentDocument ?? found;
    }
    return found;
  }

  function key(name) {
    return ({ element, rims, colours, layers, doubts, exempt, pixels }) => {
      const own = [name, window.__look.where(element)];
      return JSON.stringify([...own, rims, colours, layers, doubts, exempt, pixels]);
    };
  }

  Object.defineProperty(window, "__shapes", {
    value: Object.freeze({
      surfaces, controls,
      /** Texts, edges and icons that were not told since `forget`, once what was changed is painted. */
      read: async () => {
        await window.__look.painted();
        window.__colours.begin();
        const edges = all(FIELDS).map(edge).filter((one) => one !== null);
        return {
          texts: window.__colours.texts(),
          edges: window.__colours.fresh(edges, key("edge")),
          icons: window.__colours.fresh(iconsHere(), key("icon")),
        };
      },
      /** The texts at each of some selectors: [{ spot, texts }], spot null where nothing is there. */
      texts: (wheres) => wheres.map((where) => {
        window.__colours.begin();
        const element = at(where);
        return { spot: element && window.__look.spot(element), texts: element ? window.__colours.textsOf(element) : [] };
      }),
      focus: (n) => held[n].focus({ preventScroll: true, focusVisible: true }),
      blur: () => window.__look.focused()?.blur(),
      forget: () => {
        visited = new Set();
        window.__colours.forget();
      },
    }),
  });
})();
