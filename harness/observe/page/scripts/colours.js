// The colours of texts as computed, with all that lies below them and what makes a computed colour doubtful.
// Runs in each frame before the page's own scripts; needs reach.js when it is called, and keeps to one hidden name.
"use strict";

(() => {
  if (window.__colours) return;

  const SILENT = new Set(["script", "style", "template", "noscript", "title", "option", "optgroup"]);
  const NOT_TYPED = ["hidden", "checkbox", "radio", "range", "color", "file", "image"].map((type) => `[type=${type}]`);
  const FIELDS = `input:not(${NOT_TYPED}), textarea, select`;
  const PICTURES = new Set(["img", "svg", "canvas", "video", "picture", "iframe", "object", "embed"]);
  const SVG = "http://www.w3.org/2000/svg";
  const SHOWN = 60;

  const parts = new WeakMap(); // element -> the component's name
  const known = new Map(); // a colour's text -> its channels
  const told = new Set(); // keys of what was told since `forget`
  let strangers = new WeakMap(); // element -> what lies over or under it and is no relative
  let paints = new Map(); // for one reading: element -> what it paints
  let tuckings = new Map(); // for one reading: element -> whether it is hidden from eyes only
  let floating = null; // for one reading: what lies somewhere without being hit by a pointer
  let base = null; // for one reading: the canvas below everything
  let pen = null;

  /** Any CSS colour as [red, green, blue, alpha]: 0 to 255, alpha 0 to 1. */
  function rgba(text) {
    if (!known.has(text)) known.set(text, parsed(text));
    return known.get(text);
  }

  function parsed(text) {
    const plain = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(text);
    if (plain) return [Number(plain[1]), Number(plain[2]), Number(plain[3]), Number(plain[4] ?? 1)];
    pen ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = "rgba(0, 0, 0, 0)"; // stays where the text is no colour
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  /** What an element is drawn in: through slots, shadow roots and same-origin frames. */
  function outer(element) {
    return element.assignedSlot ?? element.parentElement ?? element.getRootNode().host
      ?? element.ownerDocument.defaultView?.frameElement ?? null;
  }

  /** Begin a reading: what was computed for the last one no longer holds. */
  function begin() {
    paints = new Map();
    tuckings = new Map();
    floating = null;
    base = null;
  }

  /** What an element itself paints below its content. */
  function paint(element) {
    if (!paints.has(element)) paints.set(element, painted(element));
    return paints.get(element);
  }

  function painted(element) {
    const style = window.getComputedStyle(element);
    const why = [];
    if (style.filter !== "none") why.push("a filter");
    if (style.mixBlendMode !== "normal") why.push("a blend mode");
    if ((style.backdropFilter ?? "none") !== "none") why.push("a backdrop filter");
    if (["::before", "::after"].some((pseudo) => veils(element, pseudo))) why.push("a pseudo-element lies there");
    const clipped = style.backgroundClip.includes("text");
    const picture = style.backgroundImage === "none" || clipped ? "" : style.backgroundImage;
    const ground = clipped ? [0, 0, 0, 0] : rgba(style.backgroundColor);
    return { style, ground, picture, clipped, opacity: Number(style.opacity), why };
  }

  function veils(element, pseudo) {
    const style = window.getComputedStyle(element, pseudo);
    if (["none", "normal"].includes(style.content) || style.display === "none") return false;
    const paintsThere = rgba(style.backgroundColor)[3] > 0 || style.backgroundImage !== "none";
    return paintsThere && ["absolute", "fixed"].includes(style.position);
  }

  /** The canvas's own colour, which follows the colour scheme that is in use. */
  function canvas() {
    if (base !== null) return base;
    const probe = document.createElement("i");
    probe.style.setProperty("display", "none", "important");
    probe.style.setProperty("background-color", "Canvas", "important");
    document.documentElement.append(probe);
    base = rgba(window.getComputedStyle(probe).backgroundColor);
    probe.remove();
    return base;
  }

  /** All layers below what an element holds, from its own outwards, each [r, g, b, a, opacity]; and the doubts. */
  function below(element) {
    const layers = [];
    const why = new Set();
    let closed = false;
    for (let at = element; at; at = outer(at)) {
      const own = paint(at);
      for (const reason of own.why) why.add(reason);
      if (!closed && own.picture !== "") why.add(`a picture behind it: ${own.picture.slice(0, SHOWN)}`);
      if (own.ground[3] > 0 || own.opacity < 1) layers.push([...own.ground, own.opacity]);
      closed ||= own.ground[3] === 1;
    }
    if (!closed) layers.push([...canvas(), 1]);
    return { layers, why };
  }

  /** Whether eyes can see it: visible, and not tucked away for screen readers alone. */
  function seen(element) {
    return window.__look.visible(element) && !tucked(element);
  }

  function tucked(element) {
    if (!tuckings.has(element)) {
      const { style } = paint(element);
      const { width, height } = element.getBoundingClientRect();
      const parent = outer(element);
      const own = (Math.min(width, height) <= 2 && style.overflow !== "visible")
        || /^inset\((?:50|100)%/.test(style.clipPath) || /^rect\([01]px(?:, [01]px){3}\)$/.test(style.clip);
      tuckings.set(element, own || (parent !== null && tucked(parent)));
    }
    return tuckings.get(element);
  }

  function covers(element) {
    const own = paint(element);
    return PICTURES.has(element.localName) || own.ground[3] > 0 || own.picture !== "";
  }

  function hides(element) {
    const own = paint(element);
    return own.opacity === 1 && own.picture === "" && (own.ground[3] === 1 || element.localName === "img");
  }

  /** What lies there without being hit by a pointer, which elementsFromPoint does not tell. */
  function unhit() {
    floating ??= [...document.querySelectorAll("*")].filter((element) => {
      const { style } = paint(element);
      return style.pointerEvents === "none" && ["absolute", "fixed"].includes(style.position)
        && covers(element) && seen(element);
    });
    return floating;
  }

  function crossing(element, box) {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left < box[0] + box[2] && right > box[0] && top < box[1] + box[3] && bottom > box[1];
  }

  /** Why what lies below an element is not only its ancestors, and what lies over it not only its own. */
  function strange(element, box, point) {
    if (!strangers.has(element)) strangers.set(element, estranged(element, box, point));
    return strangers.get(element);
  }

  function estranged(element, box, point) {
    if (element.getRootNode() !== document) return [];
    const why = [];
    const stack = document.elementsFromPoint(...point);
    const at = stack.indexOf(element);
    const over = stack.slice(0, Math.max(at, 0)).filter((one) => !element.contains(one));
    if (over.some(hides)) return []; // not to be seen here: its own layers are what counts where it is
    if (over.some(covers)) why.push("something lies over it");
    for (const one of at < 0 ? [] : stack.slice(at + 1)) {
      if (!one.contains(element) && covers(one)) why.push("something else lies behind it");
      if (one.contains(element) ? paint(one).ground[3] === 1 : covers(one)) break;
    }
    const loose = unhit().filter((one) => !one.contains(element) && !element.contains(one));
    if (loose.some((one) => crossing(one, box))) why.push("something lies across it");
    return why;
  }

  /** Whether a text has more than spaces and pictures. */
  function says(text) {
    return text.replace(/[\s\p{Extended_Pictographic}\u{FE0F}\u{200D}]/gu, "") !== "";
  }

  /** Text that style sheets make: [pseudo, style, text]. */
  function generated(element) {
    return ["::before", "::after"].flatMap((pseudo) => {
      const style = window.getComputedStyle(element, pseudo);
      const [, quoted, named] = /^(?:"(.*)"|attr\(([\w-]+)\))$/s.exec(style.content) ?? [];
      const text = named ? element.getAttribute(named) ?? "" : quoted ?? "";
      return says(text) && style.display !== "none" ? [[style, text]] : [];
    });
  }

  /** The lines of an element's own texts in the outermost viewport: their common box and a point on the first. */
  function lines(element, nodes) {
    const range = element.ownerDocument.createRange();
    const rects = nodes.flatMap((node) => {
      range.selectNodeContents(node);
      return [...range.getClientRects()].filter(({ width, height }) => width >= 1 && height >= 1);
    });
    if (rects.length === 0) return null;
    const own = element.getBoundingClientRect();
    const [x, y] = window.__look.box(element);
    const left = Math.min(...rects.map((rect) => rect.left));
    const top = Math.min(...rects.map((rect) => rect.top));
    const width = Math.max(...rects.map((rect) => rect.right)) - left;
    const height = Math.max(...rects.map((rect) => rect.bottom)) - top;
    const [first] = rects;
    const box = [left + x - own.x, top + y - own.y, width, height];
    const away = box[0] + width + window.scrollX <= 0 || box[1] + height + window.scrollY <= 0;
    return away ? null : { box, point: [first.left + first.width / 2, first.top + first.height / 2] };
  }

  function run(element, kind, text, style, place, { own = [], fade = 1, doubts = [] } = {}) {
    const { layers, why } = below(element);
    if (style.textShadow !== "none") why.add("a text shadow");
    if (paint(element).clipped) why.add("a background shows through its letters");
    for (const doubt of [...doubts, ...strange(element, place.box, place.point)]) why.add(doubt);
    const ink = element.namespaceURI === SVG ? style.fill : style.webkitTextFillColor || style.color;
    const [red, green, blue, alpha] = rgba(ink);
    return {
      element, kind, text: text.trim().replace(/\s+/g, " ").slice(0, SHOWN),
      colour: [red, green, blue, alpha * fade], layers: [...own, ...layers],
      size: Number.parseFloat(style.fontSize), weight: Number(style.fontWeight) || 400,
      doubts: [...why], exempt: element.closest(":disabled, [aria-disabled=true], [inert]") !== null, box: place.box, count: 1,
    };
  }

  /** Whether the browser tells a placeholder's colour: tried once on a field of our own. */
  const tellsPlaceholders = (() => {
    let answer = null;
    return () => {
      if (answer !== null) return answer;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync("#look-probe::placeholder { color: rgb(1, 2, 3) !important; -webkit-text-fill-color: rgb(1, 2, 3) !important; }");
      const probe = document.createElement("input");
      probe.id = "look-probe";
      probe.placeholder = "probe";
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
      document.documentElement.append(probe);
      answer = window.getComputedStyle(probe, "::placeholder").color === "rgb(1, 2, 3)";
      probe.remove();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
      return answer;
    };
  })();

  /** The texts of a field: what is or would be typed, and what stands there before. */
  function* field(element) {
    const box = window.__look.box(element);
    const { left, top, width, height } = element.getBoundingClientRect();
    const place = { box, point: [left + width / 2, top + height / 2] };
    const { style } = paint(element);
    const typed = element.localName === "select" ? element.selectedOptions[0]?.label ?? "" : element.value;
    yield run(element, "typed", typed, style, place);
    if (!element.matches(":placeholder-shown") || !says(element.placeholder)) return;
    const pale = window.getComputedStyle(element, "::placeholder");
    const doubts = tellsPlaceholders() ? [] : ["the browser does not tell a placeholder's colour"];
    yield run(element, "placeholder", element.placeholder, pale, place, { fade: Number(pale.opacity), doubts });
  }

  function* runs() {
    for (const element of window.__look.all()) {
      if (SILENT.has(element.localName)) continue;
      const isField = element.matches(FIELDS);
      const nodes = isField ? [] : [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && says(node.data));
      const made = generated(element);
      if ((!isField && nodes.length === 0 && made.length === 0) || !seen(element)) continue;
      if (isField) yield* field(element);
      const place = nodes.length > 0 ? lines(element, nodes) : null;
      if (place !== null) {
        const text = nodes.map((node) => node.data).join(" ");
        yield run(element, /^[\p{Co}\s]+$/u.test(text) ? "icon" : "text", text, paint(element).style, place);
      }
      for (const [style, text] of made) {
        const box = window.__look.box(element);
        const own = [[...rgba(style.backgroundColor), Number(style.opacity)]];
        yield run(element, /^[\p{Co}\s]+$/u.test(text) ? "icon" : "text", text, style, { box, point: [box[0] + 1, box[1] + 1] }, { own });
      }
    }
  }

  /** The name of the component that an element belongs to. */
  function partOf(element) {
    for (let at = element; at; at = outer(at)) {
      if (parts.has(at)) return parts.get(at);
    }
    return "";
  }

  function tell({ element, box, ...facts }) {
    return { ...facts, part: partOf(element), spot: { ...window.__look.spot(element), box } };
  }

  /** Of those that are new since `forget`, one of each kind, with how many are like it. */
  function fresh(found, keyOf) {
    const byKey = new Map();
    for (const one of found) {
      const key = keyOf(one);
      if (byKey.has(key)) byKey.get(key).count += 1;
      else if (!told.has(key)) byKey.set(key, one);
    }
    for (const key of byKey.keys()) told.add(key);
    return [...byKey.values()].map(tell);
  }

  function textKey({ element, kind, colour, layers, size, weight, doubts, exempt }) {
    const own = doubts.length > 0 ? window.__look.where(element) : element.localName; // each doubt has its own pixels
    return JSON.stringify([kind, own, partOf(element), colour, layers, size, weight, doubts, exempt]);
  }

  Object.defineProperty(window, "__colours", {
    value: Object.freeze({
      rgba, outer, begin, paint, canvas, below, seen, partOf, tell, fresh,
      /** Texts in colours, or of an unclear ground, that were not told since `forget`. */
      texts: () => fresh(runs(), textKey),
      /** All texts in and below an element. */
      textsOf: (element) => [...runs()].filter((one) => element.contains(one.element)).map(tell),
      /** Say which component an element is. */
      name: (element, name) => parts.set(element, name),
      /** Forget what was told, so that it is told again. */
      forget: () => {
        told.clear();
        strangers = new WeakMap();
      },
    }),
  });
})();
