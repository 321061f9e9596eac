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
    if (method.toUpperCase() === "POST") kept.push({ url: response.url, text: response.clone().text().catch(() => "") });
    return response;
  }

  /** The texts of all answers to POSTs at a path so far, in the order in which they began; waits until they are whole. */
  function texts(path) {
    const mine = kept.filter((one) => new URL(one.url).pathname === path);
    return Promise.all(mine.map((one) => one.text));
  }

  /** How many of them there are. */
  function count(path) {
    return kept.filter((one) => new URL(one.url).pathname === path).length;
  }

  window.fetch = fetch;
  Object.defineProperty(window, "__wire", { value: Object.freeze({ texts, count }) });
})();
