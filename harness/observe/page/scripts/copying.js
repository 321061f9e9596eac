// What a page puts on the clipboard, and what it says of it. The clipboard itself is read where it may be (a secure
// context, and permission); elsewhere it is what the page wrote, or what a copy event carried.
// Runs before the page's own scripts and changes nothing that they get.
"use strict";

(() => {
  if (window.__copying) return;

  const LIVE = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log], output";
  const WATCHED = { subtree: true, childList: true, characterData: true };
  const POLL_MS = 25;
  const SHOWN = 200; // letters of what was announced
  let mark = ""; // what was put there before
  let readable = false;
  let carried = null; // by the last copy event, or to writeText: the text, and which of both
  let said = [];
  let pressed = null; // the button
  let before = ""; // its name

  /** The text that is selected, in a field or on the page. */
  function selected() {
    const at = document.activeElement;
    const field = at instanceof HTMLTextAreaElement || at instanceof HTMLInputElement;
    return field ? at.value.slice(at.selectionStart ?? 0, at.selectionEnd ?? 0) : String(document.getSelection());
  }

  window.addEventListener("copy", (event) => { // last of all listeners: the page's own have set what they carry
    carried = { text: event.clipboardData?.getData("text/plain") || selected(), source: "copy event" };
  });

  /** Note what the page writes where it may write and nobody may read; it gets the same promise. */
  const write = window.Clipboard?.prototype.writeText;
  if (write) {
    window.Clipboard.prototype.writeText = function noted(text) {
      const done = write.call(this, text);
      done.then(() => {
        carried = { text: String(text), source: "writeText" };
      }, () => {});
      return done;
    };
  }

  /** The regions that a change is announced by: the one around it, or new ones that bring a text with them. */
  function regions(record) {
    const target = record.target instanceof Element ? record.target : record.target.parentElement;
    const around = target?.closest(LIVE);
    if (around) return [around];
    const added = [...record.addedNodes].filter((node) => node instanceof Element);
    return added.flatMap((node) => (node.matches(LIVE) ? [node] : [...node.querySelectorAll(LIVE)]));
  }

  const watcher = new MutationObserver((records) => {
    for (const region of records.flatMap(regions)) {
      const text = region.textContent.trim().replace(/\s+/g, " ").slice(0, SHOWN);
      if (text && !region.contains(pressed) && said.at(-1) !== text) said.push(text);
    }
  });

  /** Put a mark on the clipboard and listen; `button` is what will be pressed. */
  async function begin(text, button) {
    mark = text;
    said = [];
    pressed = button;
    before = window.__look.called(button);
    try {
      await navigator.clipboard.writeText(mark);
      readable = await navigator.clipboard.readText() === mark;
    } catch { // no permission, or no secure context
      readable = false;
    }
    carried = null; // the mark was noted too
    watcher.observe(document, WATCHED);
  }

  /** What is there instead of the mark, and where it was read; null while nothing is. */
  async function now() {
    if (!readable) return carried;
    const text = await navigator.clipboard.readText();
    return text === mark ? null : { text, source: "clipboard" };
  }

  /** The same, waited for at most so many ms; null where nothing comes. */
  async function fresh(ms) {
    const until = window.performance.now() + ms;
    for (;;) {
      const found = await now();
      if (found || window.performance.now() >= until) return found;
      await new Promise((done) => window.setTimeout(done, POLL_MS));
    }
  }

  /** Where focus is; "" where it stayed on the button, or on one that was drawn anew in its place. */
  function astray() {
    const at = window.__look.focused();
    if (at === pressed) return "";
    if (at === null) return "nothing";
    const { role, name } = window.__look.spot(at);
    return !pressed.isConnected && role === "button" && name === before ? "" : `${role} '${name}'`;
  }

  /** What was announced since `begin`, the button's name then and now, and where focus is. */
  function end() {
    watcher.disconnect();
    const after = pressed.isConnected ? window.__look.called(pressed) : before;
    return { said, before, after, focus: astray() };
  }

  Object.defineProperty(window, "__copying", { value: Object.freeze({ begin, fresh, end }) });
})();
