// Everything that can be pressed, with its size and what excuses a small one. Needs fitting.js.
"use strict";

(() => {
  if (window.__targets) return;

  const UNTOUCHED = 14; // px: no browser draws a check box or a radio button larger by itself

  /** Whether it stands in a sentence: in the line, with words around it that are no targets. */
  function inSentence(element, all) {
    if (window.__fit.style(element).display !== "inline") return false;
    let block = window.__fit.up(element);
    while (block && window.__fit.style(block).display.startsWith("inline")) block = window.__fit.up(block);
    if (!block) return false;
    const words = (text) => text.replace(/[^\p{L}\p{N}]/gu, "").length;
    const outer = all.filter((other) => block.contains(other) && other !== block && !all.some((one) => one !== other && one !== block && block.contains(one) && one.contains(other)));
    return words(block.textContent) - outer.reduce((sum, other) => sum + words(other.textContent), 0) > 2;
  }

  /** Whether the browser alone says how large it is. */
  function untouched(element) {
    if (!element.matches('input[type="checkbox"], input[type="radio"]')) return false;
    const { width, height } = element.getBoundingClientRect();
    return window.__fit.style(element).appearance === "auto" && width <= UNTOUCHED && height <= UNTOUCHED;
  }

  /** The box of a target in the page's coordinates: that of a check box reaches over its label. */
  function spot(element) {
    const found = window.__fit.placed(element);
    const labels = element.matches('input[type="checkbox"], input[type="radio"], input[type="file"]') ? [...element.labels] : [];
    const rects = [element, ...labels.filter(window.__fit.shown)].map((one) => window.__fit.placed(one).box);
    const [left, top] = [Math.min(...rects.map((box) => box[0])), Math.min(...rects.map((box) => box[1]))];
    const [right, bottom] = [Math.max(...rects.map((box) => box[0] + box[2])), Math.max(...rects.map((box) => box[1] + box[3]))];
    return { ...found, box: [left, top, right - left, bottom - top] };
  }

  /** All targets of the page as it is now; `parent` is the number of the target that one lies in, -1 for none. */
  function look() {
    const all = window.__fit.controls().filter((element) => !element.matches(":disabled"));
    return all.map((element) => ({
      spot: spot(element), inline: inSentence(element, all), native: untouched(element), layer: window.__fit.layer(element),
      parent: all.findLastIndex((other) => other !== element && other.contains(element)),
    }));
  }

  Object.defineProperty(window, "__targets", { value: Object.freeze({ look }) });
})();
