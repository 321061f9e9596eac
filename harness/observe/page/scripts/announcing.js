// What live regions tell while the page changes: the texts that come into them, and those that come elsewhere.
"use strict";

(() => {
  if (window.__announced) return;

  const ROLES = { log: "polite", status: "polite", alert: "assertive" };
  const OPTIONS = { subtree: true, childList: true, characterData: true };
  const MOST = 3000; // changes kept
  const LONGEST = 200;
  let watcher = null;
  let changes = []; // { target, batch, texts, home, busy }
  let batch = 0;

  /** The parent, through a shadow root to its host. */
  function above(element) {
    return element.parentElement ?? element.getRootNode().host ?? null;
  }

  /** The element of a node, or the one that holds a text. */
  function elementOf(node) {
    return node instanceof Element ? node : node.parentElement ?? node.host ?? null;
  }

  /** The live region that a node is in: [region, politeness], or [null, ""] if nobody tells what changes there. */
  function region(node) {
    let found = [null, ""];
    let decided = false;
    for (let at = elementOf(node); at; at = above(at)) {
      if (at.getAttribute("aria-hidden") === "true") return [null, ""];
      if (decided) continue;
      const says = at.getAttribute("aria-live") ?? ROLES[at.getAttribute("role")] ?? (at.localName === "output" ? "polite" : null);
      if (says === null) continue;
      decided = true;
      if (says === "polite" || says === "assertive") found = [at, says];
    }
    return found;
  }

  /** Whether a node is in something that says that it is not ready. */
  function busy(node) {
    for (let at = elementOf(node); at; at = above(at)) if (at.getAttribute("aria-busy") === "true") return true;
    return false;
  }

  /** The texts that a change brought. */
  function brought(record) {
    const nodes = record.type === "characterData" ? [record.target] : [...record.addedNodes];
    return nodes.map((node) => (node.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, LONGEST)).filter(Boolean);
  }

  /** Keep what changed at one time. */
  function note(records) {
    batch += 1;
    for (const record of records) {
      const { target } = record;
      changes.push({ target, batch, texts: brought(record), home: region(target)[0], busy: busy(target) });
    }
    changes.splice(0, changes.length - MOST);
  }

  /** Begin to listen, and forget what was heard before. */
  function watch() {
    watcher?.disconnect();
    changes = [];
    batch = 0;
    watcher = new MutationObserver(note);
    watcher.observe(document.body, OPTIONS);
    for (const element of window.__look.all()) if (element.shadowRoot) watcher.observe(element.shadowRoot, OPTIONS);
  }

  /** The texts that came into live regions (`heard`) and elsewhere (`shown`), each once, in order. */
  function texts() {
    const of = (kept) => [...new Set(changes.filter(kept).flatMap((one) => one.texts))];
    return { heard: of((one) => one.home !== null), shown: of((one) => one.home === null) };
  }

  /** What was told of an answer that is complete; `said` are the texts elsewhere that came with its last change or later. */
  function told(answer) {
    const [home, live] = region(answer);
    const inside = (one) => answer.contains(one.target);
    const end = Math.max(0, ...changes.filter(inside).map((one) => one.batch));
    const mine = changes.filter((one) => home !== null && one.home === home);
    const after = changes.filter((one) => one.home !== null && one.home !== home && one.batch >= end && !inside(one));
    return {
      live,
      changes: mine.length,
      pieces: new Set(mine.filter((one) => !one.busy && inside(one)).map((one) => one.batch)).size,
      busy: busy(answer),
      said: [...new Set(after.flatMap((one) => one.texts))],
    };
  }

  /** Wait until nothing has changed for `quiet` ms, `most` ms at the longest. */
  function rest([quiet, most]) {
    return new Promise((done) => {
      const ends = performance.now() + most;
      let timer = 0;
      const waiting = new MutationObserver(() => again());
      const end = () => {
        waiting.disconnect();
        done();
      };
      const again = () => {
        clearTimeout(timer);
        timer = setTimeout(end, Math.max(0, Math.min(quiet, ends - performance.now())));
      };
      waiting.observe(document.body, OPTIONS);
      again();
    });
  }

  Object.defineProperty(window, "__announced", {
    value: Object.freeze({ watch, texts, told, rest }),
  });
})();
