// Everything that moves: animations and transitions as they begin, gliding scrolls, boxes that wander by themselves.
// Runs before the page's own scripts, so that nothing begins unseen.
"use strict";

(() => {
  if (window.__motion) return;

  const notes = [];
  const glides = [];
  const known = new WeakSet();

  /** The properties whose values differ between the keyframes of an effect. */
  function changed(effect) {
    const frames = effect.getKeyframes();
    const values = new Map();
    for (const frame of frames) {
      for (const [name, value] of Object.entries(frame)) {
        if (!["offset", "computedOffset", "easing", "composite"].includes(name)) values.set(name, [...(values.get(name) ?? []), String(value)]);
      }
    }
    return [...values].filter(([, seen]) => new Set(seen).size > 1 || seen.length < Math.max(2, frames.length)).map(([name]) => name);
  }

  /** Remember one animation, once. */
  function keep(animation) {
    const element = animation.effect?.target;
    if (!element || known.has(animation)) return;
    known.add(animation);
    const ms = Number(animation.effect.getComputedTiming().activeDuration);
    notes.push({
      spot: window.__look.spot(element), pseudo: animation.effect.pseudoElement ?? "", kind: animation.constructor.name,
      name: animation.animationName ?? animation.transitionProperty ?? animation.id ?? "",
      properties: changed(animation.effect), ms: Number.isFinite(ms) ? ms : 0, endless: !Number.isFinite(ms),
    });
  }

  /** Remember all animations that there are now: of each document and each shadow root. */
  function note() {
    const roots = new Set([document]);
    for (const element of window.__look.all()) {
      roots.add(element.ownerDocument);
      if (element.shadowRoot) roots.add(element.shadowRoot);
    }
    for (const root of roots) root.getAnimations().forEach(keep);
  }

  /** Remember when a script asks for a scroll that glides. */
  function watch(owner, name) {
    const before = owner[name];
    owner[name] = function scrolling(...given) {
      if (given.some((one) => one?.behavior === "smooth")) {
        glides.push({ spot: window.__look.spot(this instanceof Element ? this : document.documentElement), by: name });
      }
      return before.apply(this, given);
    };
  }

  /** Elements that scroll and are styled to glide. */
  function smooth() {
    return [...window.__look.all()]
      .filter((element) => {
        const its = element.ownerDocument.defaultView.getComputedStyle(element);
        const scrolls = element === document.documentElement || /auto|scroll/.test(its.overflowX + its.overflowY);
        return its.scrollBehavior === "smooth" && scrolls;
      })
      .map((element) => window.__look.spot(element));
  }

  /** What moves by itself within some frames: the outermost elements, in how many of the frames, and how far. */
  async function drifts(frames) {
    const watched = [...window.__look.all()].filter((element) => window.__look.visible(element))
      .map((element) => ({ element, last: window.__look.box(element), first: window.__look.box(element), moved: 0, px: 0 }));
    const far = (a, b) => Math.max(...a.map((value, at) => Math.abs(value - b[at])));
    for (let frame = 0; frame < frames; frame += 1) {
      await new Promise((done) => window.requestAnimationFrame(done));
      for (const one of watched.filter(({ element }) => element.isConnected)) {
        const now = window.__look.box(one.element);
        if (far(now, one.last) > 0.01) one.moved += 1;
        one.px = Math.max(one.px, far(now, one.first));
        one.last = now;
      }
    }
    const moving = watched.filter((one) => one.moved > 1);
    const outer = moving.filter((one) => !moving.some((other) => other !== one && other.element.contains(one.element)));
    return { watched: watched.length, frames, moving: outer.map(({ element, moved, px }) => ({ spot: window.__look.spot(element), moved, px })) };
  }

  /** All that was remembered. */
  function told() {
    note();
    return { reduced: window.matchMedia("(prefers-reduced-motion: reduce)").matches, notes, glides, smooth: smooth() };
  }

  for (const event of ["animationstart", "transitionrun"]) document.addEventListener(event, note, true);
  for (const name of ["scrollIntoView", "scrollTo", "scrollBy", "scroll"]) watch(Element.prototype, name);
  for (const name of ["scrollTo", "scrollBy", "scroll"]) watch(window, name);
  const animate = Element.prototype.animate;
  Element.prototype.animate = function animating(...given) {
    const made = animate.apply(this, given);
    keep(made);
    return made;
  };

  Object.defineProperty(window, "__motion", { value: Object.freeze({ note, told, drifts }) });
})();
