// Where the main controls lie at the size that the window has now, and what lies over them. Needs fitting.js.
"use strict";

(() => {
  if (window.__layout) return;

  const SHARE = 0.2; // of a side, and at most so many px, is how far in the corners are that are looked at
  const MOST = 12;

  /** The element at a point of the window, through shadow roots; null outside. */
  function at(x, y) {
    let hit = document.elementFromPoint(x, y);
    for (;;) {
      const inner = hit?.shadowRoot?.elementFromPoint(x, y);
      if (!inner || inner === hit) return hit;
      hit = inner;
    }
  }

  /** Whether what is at a point is the element, something in it, or its label. */
  function belongs(hit, element) {
    for (let one = hit; one; one = window.__fit.up(one)) {
      if (one === element || (one instanceof HTMLLabelElement && one.control === element)) return true;
    }
    return false;
  }

  /** What is over the middle and the corners of an element: a selector each, "" for nothing but the window's edge. */
  function over(element, others) {
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    const [x, y] = [Math.min(width * SHARE, MOST), Math.min(height * SHARE, MOST)];
    const points = [[(left + right) / 2, (top + bottom) / 2], [left + x, top + y], [right - x, top + y], [left + x, bottom - y],
      [right - x, bottom - y]];
    return points.map(([px, py]) => at(px, py))
      .filter((hit) => !belongs(hit, element) && !others.some((other) => belongs(hit, other)))
      .map((hit) => (hit ? window.__look.where(hit) : ""));
  }

  /** The same with the page as it stands, and, if something is over it, once more with the element scrolled to. */
  function covered(element, others) {
    const first = over(element, others);
    if (first.length === 0) return first;
    const before = window.scrollY;
    element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    window.scrollTo({ left: 0, behavior: "instant" });
    const then = over(element, others);
    window.scrollTo({ left: 0, top: before, behavior: "instant" });
    return then;
  }

  /** The controls of { key: [elements] }: of each the first that can be seen, by its number. */
  function look(given) {
    window.scrollTo({ left: 0, behavior: "instant" });
    const found = Object.entries(given).map(([key, elements]) => {
      const index = elements.findIndex((element) => window.__fit.shown(element));
      return { key, index, element: index < 0 ? null : elements[index] };
    });
    const boxes = found.map(({ element }) => (element ? element.getBoundingClientRect() : null));
    const spots = found.map(({ element }) => (element ? window.__look.spot(element) : null));
    const present = found.map(({ element }) => element).filter(Boolean);
    return {
      width: document.documentElement.clientWidth,
      controls: found.map(({ key, index, element }, n) => ({
        key, index, spot: spots[n], left: boxes[n]?.left ?? 0, right: boxes[n]?.right ?? 0,
        covered: element ? covered(element, present.filter((other) => other !== element)) : [],
      })),
    };
  }

  Object.defineProperty(window, "__layout", { value: Object.freeze({ look }) });
})();
