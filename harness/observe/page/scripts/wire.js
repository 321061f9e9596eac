// Keeps what the page's own POSTs were answered: Chromium's protocol loses the body of an answer that is read as a stream.
"use strict";

(() => {
  if (window.__wire) return;
  const kept = [];
  const real = window.fetch;

  /** fetch as it is, with a second reader for what comes back. */
  async function fetch(resource, options) {
    const response = await real.call(window, resource, options);
    const method = options?.method ?? resource?.method ?? "GET";
    if (method.toUpperCase() === "POST") kept.push(heard(response));
    return response;
  }

  /** What came so far of an answer, growing; `ended` when nothing more will. */
  function heard(response) {
    const one = { path: new URL(response.url || location.href, location.href).pathname, text: "", ended: null };
    one.ended = response.clone().body?.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({
      write(piece) { one.text += piece; },
    })).catch(() => {});
    return one;
  }

  /** The texts of all answers to POSTs at a path, in the order in which they began; waits for their ends, so many ms. */
  async function texts(path, ms) {
    const mine = kept.filter((one) => one.path === path);
    const late = new Promise((done) => window.setTimeout(done, ms)); // a stream that nobody closes is as it is
    await Promise.race([Promise.all(mine.map((one) => one.ended)), late]);
    return mine.map((one) => one.text);
  }

  /** How many of them there are. */
  function count(path) {
    return kept.filter((one) => one.path === path).length;
  }

  window.fetch = fetch;
  Object.defineProperty(window, "__wire", { value: Object.freeze({ texts, count }) });
})();
