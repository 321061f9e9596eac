// The page's ground as the first frames showed it, to see whether a theme comes late. Keeps to one hidden name.
"use strict";

(() => {
  if (window.__firstPaint || window.top !== window) return;
  const MOST = 60;
  const frames = [];
  const channel = new MessageChannel();

  /** The grounds of the root and of the body, and the canvas's, whichever shows first. */
  function ground() {
    return [document.documentElement, document.body].map((element) => window.getComputedStyle(element).backgroundColor);
  }

  /** A frame counts once there is something to paint, in the page's own style. */
  function styled() {
    const sheets = [...document.querySelectorAll("link[rel~=stylesheet]")];
    return document.body !== null && sheets.every((link) => link.sheet !== null || link.disabled);
  }

  channel.port1.onmessage = () => { // right after the frame was painted
    if (styled()) frames.push(ground());
    if (frames.length < MOST) window.requestAnimationFrame(() => channel.port2.postMessage(0));
  };
  window.requestAnimationFrame(() => channel.port2.postMessage(0));

  Object.defineProperty(window, "__firstPaint", { value: Object.freeze({ frames, ground }) });
})();
