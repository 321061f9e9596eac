// What is painted, what a box cuts off, what lies on what, what reaches past the side, what can be pressed.
// For looks at layouts: cards, reflow, zoom, targets. Keeps to one hidden name and changes nothing by itself.
"use strict";

(() => {
  if (window.__fit) return;

  const CUTS = new Set(["hidden", "clip"]);
  const SCROLLS = new Set(["auto", "scroll"]);
  const NO_TEXT = new Set(["script", "style", "noscript", "template", "title", "textarea", "option"]);
  const PRESSED = ["a[href]", "button", 'input:not([type="hidden"])', "select", "textarea", "summary",
    ...["button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "switch", "tab", "menuitem", "option",
      "slider", "spinbutton"].map((role) => `[role="${role}"]`)].join(", ");
  const PICTURES = "img, svg, canvas, video, iframe, hr";
  const TWO_WAYS = "table, pre, code, figure, img, svg, canvas, video, math, textarea, [role=table], [role=grid], [role=img]";
  const SLACK = 1.5; // px: rounding of boxes
  const TALL = 0.2; // of a line's height is free of letters, above and below
  const DEEP = 2; // px that two things must share both ways to lie on each other
  let larger = null;

  /** The computed style of an element or of its pseudo-element. */
  function style(element, pseudo) {
    return element.ownerDocument.defaultView.getComputedStyle(element, pseudo);
  }

  /** The parent on the screen: through slots and shadow roots. */
  function up(element) {
    return element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  }

  /** Whether it is the page's own root: what its overflow says holds for the window. */
  function isRoot(element) {
    return element === document.documentElement || element === document.body;
  }

  /** Whether it is there for screen readers only: in a box of a pixel, or clipped to nothing. */
  function tucked(element) {
    for (let at = element; at && !isRoot(at); at = up(at)) {
      const its = style(at);
      const { width, height } = at.getBoundingClientRect();
      if (its.clipPath.startsWith("inset(50%") || its.clipPath.startsWith("inset(100%")) return true;
      if (its.position === "absolute" && /^rect\((?:0|1)px,? (?:0|1)px,? (?:0|1)px,? (?:0|1)px\)$/.test(its.clip)) return true;
      if (its.display === "contents" || its.display === "inline") continue;
      if ((CUTS.has(its.overflowX) && width <= 2) || (CUTS.has(its.overflowY) && height <= 2)) return true;
    }
    return false;
  }

  /** Whether it was moved before the page's first corner, where no scrolling leads. */
  function away(element) {
    const rect = element.getBoundingClientRect();
    if (rect.right + window.scrollX > 0 && rect.bottom + window.scrollY > 0) return false;
    for (let at = up(element); at && !isRoot(at); at = up(at)) {
      if (at.scrollTop > 0 || at.scrollLeft > 0) return false;
    }
    return true;
  }

  /** Whether people can see it, if they scroll to it. */
  function shown(element) {
    return window.__look.visible(element) && !tucked(element) && !away(element);
  }

  /** An element and everything in it, of this document. */
  function each(root = document) {
    const found = [...window.__look.all(root)].filter((element) => element.ownerDocument === document);
    return root instanceof Element ? [root, ...found] : found;
  }

  /** An element as a Spot, its box in the page's coordinates: that of a picture of the whole page. */
  function placed(element) {
    const found = window.__look.spot(element);
    const [x, y, width, height] = found.box;
    return { ...found, box: [x + window.scrollX, y + window.scrollY, width, height] };
  }

  /** The lines of the text that an element holds itself. */
  function lines(element) {
    const range = document.createRange();
    return [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "")
      .flatMap((node) => {
        range.selectNodeContents(node);
        return [...range.getClientRects()];
      })
      .filter((rect) => rect.width >= 1 && rect.height >= 1);
  }

  /** Every element that holds text people can see, with its lines. */
  function texts(root = document) {
    return each(root)
      .filter((element) => !NO_TEXT.has(element.localName) && !element.ownerSVGElement)
      .map((element) => ({ element, rects: lines(element) }))
      .filter(({ element, rects }) => rects.length > 0 && shown(element));
  }

  /** Every element made to be pressed or typed into that people can see. */
  function controls(root = document) {
    return each(root).filter((element) => element.matches(PRESSED) && shown(element));
  }

  /** The boxes that an element lies in, itself first; what is taken out of the flow passes some by. */
  function* holders(element) {
    let loose = false;
    for (let at = element; at && !isRoot(at); at = up(at)) {
      const its = style(at);
      if (loose && its.position === "static" && its.transform === "none") continue;
      if (its.display !== "inline" && its.display !== "contents") yield { box: at, its };
      if (its.position === "fixed") return;
      loose = its.position === "absolute";
    }
  }

  /** The inside of a box: within its border and scroll bars. */
  function inside(box) {
    const rect = box.getBoundingClientRect();
    const left = rect.left + box.clientLeft;
    const top = rect.top + box.clientTop;
    return { left, top, right: left + box.clientWidth, bottom: top + box.clientHeight };
  }

  /** A line without the empty space above and below its letters. */
  function letters({ left, top, right, bottom }) {
    const spare = (bottom - top) * TALL;
    return { left, top: top + spare, right, bottom: bottom - spare };
  }

  /** The boxes around a text, or around a thing as a whole. */
  function around({ element, whole }) {
    return [...holders(element)].filter(({ box }) => !whole || box !== element);
  }

  /** The part of a rect that its boxes leave to be seen now; null for nothing. */
  function painted(thing, { left, top, right, bottom }) {
    for (const { box, its } of around(thing)) {
      const edge = inside(box);
      if (its.overflowX !== "visible") [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
      if (its.overflowY !== "visible") [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    return right - left >= 1 && bottom - top >= 1 ? { left, top, right, bottom } : null;
  }

  /** The box that cuts most off a rect and does not scroll to it; null for none. */
  function cutting(thing, rect) {
    let worst = null;
    const reached = { x: false, y: false };
    for (const { box, its } of around(thing)) {
      const edge = inside(box);
      const past = {
        x: Math.max(edge.left - rect.left, rect.right - edge.right),
        y: Math.max(edge.top - rect.top, rect.bottom - edge.bottom),
      };
      for (const [axis, flow] of [["x", its.overflowX], ["y", its.overflowY]]) {
        if (!reached[axis] && CUTS.has(flow) && past[axis] > Math.max(SLACK, worst?.px ?? 0)) {
          worst = { px: past[axis], axis, box, meant: its.textOverflow === "ellipsis" || its.webkitLineClamp !== "none" };
        }
        reached[axis] ||= SCROLLS.has(flow);
      }
    }
    return worst;
  }

  /** Texts and controls of which a box cuts something off. */
  function cut(things) {
    return things.flatMap((thing) => {
      const [worst] = thing.rects.map((rect) => cutting(thing, rect)).filter(Boolean).sort((a, b) => b.px - a.px);
      if (!worst) return [];
      const { px, axis, meant } = worst;
      return [{ spot: placed(thing.element), px, axis, meant, by: window.__look.where(worst.box) }];
    });
  }

  /** The box that scrolls an element sideways; null for the page, undefined where another box cuts it off first. */
  function sideways(thing) {
    for (const { box, its } of around(thing)) {
      if (CUTS.has(its.overflowX)) return undefined;
      if (SCROLLS.has(its.overflowX)) return box;
    }
    return null;
  }

  /** What reaches past the side of the page, or of a box that scrolls, and does not need both ways to be read. */
  function past(things) {
    const pictures = each().filter((element) => element.matches(PICTURES) && !element.ownerSVGElement && shown(element))
      .map((element) => ({ element, whole: true, rects: [element.getBoundingClientRect()] }));
    return [...things, ...pictures].flatMap((thing) => {
      const box = sideways(thing);
      if (box === undefined || (box && thing.element.closest(TWO_WAYS))) return [];
      const edge = box ? inside(box) : { left: 0, right: document.documentElement.clientWidth };
      const scrolled = box ? box.scrollLeft : window.scrollX;
      const rects = box ? thing.rects : thing.rects.filter((rect) => rect.left < edge.right - scrolled); // all outside: meant to be
      const px = Math.max(0, ...rects.map((rect) => Math.max(edge.left - scrolled - rect.left, rect.right - edge.right + scrolled)));
      return px > SLACK ? [{ spot: placed(thing.element), px, of: box ? window.__look.where(box) : "" }] : [];
    });
  }

  /** What an element moves with: the nearest ancestor that is fixed, sticky or scrolls; "" for the page. */
  function layer(element) {
    for (let at = element; at && !isRoot(at); at = up(at)) {
      const its = style(at);
      if (its.position === "fixed" || its.position === "sticky") return window.__look.where(at);
      if (at === element) continue;
      const scrolls = (SCROLLS.has(its.overflowX) && at.scrollWidth > at.clientWidth + 1)
        || (SCROLLS.has(its.overflowY) && at.scrollHeight > at.clientHeight + 1);
      if (scrolls) return window.__look.where(at);
    }
    return "";
  }

  /** How deep two rects lie in each other: the shorter of both ways. */
  function depth(a, b) {
    return Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  }

  /** Pairs of texts and controls of one layer that lie on each other, none of them inside the other. */
  function overlaps(written, pressed) {
    const seen = (thing, trim) => ({
      element: thing.element, layer: layer(thing.element), rects: thing.rects.map((rect) => painted(thing, trim(rect))).filter(Boolean),
    });
    const things = [
      ...pressed.map((thing) => seen(thing, ({ left, top, right, bottom }) => ({ left, top, right, bottom }))),
      ...written.filter(({ element }) => !pressed.some((thing) => thing.element.contains(element))).map((thing) => seen(thing, letters)),
    ];
    return things.flatMap((one, at) => things.slice(at + 1).flatMap((other) => {
      if (one.layer !== other.layer || one.element.contains(other.element) || other.element.contains(one.element)) return [];
      const px = Math.max(0, ...one.rects.flatMap((a) => other.rects.map((b) => depth(a, b))));
      return px > DEEP ? [{ spot: placed(one.element), other: placed(other.element), px }] : [];
    }));
  }

  /** Texts whose own lines run into each other: the least distance of two lines, and the size of the letters. */
  function crammed(written) {
    return written.flatMap(({ element, rects }) => {
      const font = Number.parseFloat(style(element).fontSize);
      const tops = rects.map((rect) => rect.top).sort((a, b) => a - b);
      const steps = tops.slice(1).map((top, at) => top - tops[at]).filter((step) => step > font * 0.3);
      const pitch = Math.min(...steps);
      return pitch < font * 0.8 ? [{ spot: placed(element), pitch, font }] : [];
    });
  }

  /** All of it for the page as it is laid out now. */
  function laid() {
    const written = texts();
    const pressed = controls().map((element) => ({ element, whole: true, rects: [element.getBoundingClientRect()] }));
    const trimmed = written.map(({ element, rects }) => ({ element, rects: rects.map(letters) }));
    const root = document.documentElement;
    return {
      width: root.clientWidth, wide: root.scrollWidth, texts: written.length,
      cut: cut([...trimmed, ...pressed]), past: past([...written, ...pressed]), overlaps: overlaps(written, pressed),
      crammed: crammed(written), controls: pressed.map(({ element }) => placed(element)),
    };
  }

  /** Let the text alone be twice as large, as a browser's text zoom does; or as it was. */
  function enlarge(on) {
    if (!larger) {
      larger = new CSSStyleSheet();
      larger.replaceSync("html { font-size: 200% !important; }");
    }
    const others = document.adoptedStyleSheets.filter((sheet) => sheet !== larger);
    document.adoptedStyleSheets = on ? [...others, larger] : others;
  }

  Object.defineProperty(window, "__fit", {
    value: Object.freeze({ style, up, shown, each, placed, texts, controls, layer, laid, enlarge }),
  });
})();
