// When an answer had arrived and when it was on the screen, on the page's own clock: performance.now(), in ms.
// Runs before the page's own scripts and changes nothing that they get; it keeps to one hidden name.
"use strict";

(() => {
  if (window.__renders) return;

  const WATCHED = { subtree: true, childList: true, characterData: true };
  const LATE_MS = 250; // after an answer's end, in which work that was put off is still waited for
  const LONGEST_MS = 2_000; // nobody waits longer for a frame: a page that is hidden draws none
  const ROWS = 200;
  const RUNS = 60; // of work, to learn its pace
  const SOME_STEPS = 5_000;
  const RUN_STEPS = 1_000_000; // some 2 ms
  const MOST_RUNS = 600; // at a quarter of the pace, some 5 s
  const AT_PACE = 0.7;
  const CLOCK_MS = 0.1; // as fine as the clock is
  const FRAMES = "long-animation-frame";
  let known = new WeakSet(); // elements that were there before the question
  let changes = []; // of new elements: when it was, and when it was painted (0: not yet)
  let arrivals = []; // of pieces of a stream
  let begun = 0;
  let best = 0; // steps a ms
  const left = new Int32Array([1]); // what the last work ended with; never 0
  let path = "";
  const frames = []; // that took more than 50 ms
  window.performance.setResourceTimingBufferSize(10_000); // an entry for each question, of a page that stays open

  /** Wait until what was changed is painted: a task behind the frame's; returns the time then. */
  function drawn() {
    return new Promise((done) => {
      const now = () => done(window.performance.now());
      window.setTimeout(now, LONGEST_MS);
      window.requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
          channel.port1.close();
          now();
        };
        channel.port2.postMessage(0);
      });
    });
  }

  /** Whether a mutation belongs to what is new: inside a new element, or it adds one. */
  function fresh(record) {
    const element = record.target instanceof Element ? record.target : record.target.parentElement;
    return (element !== null && !known.has(element)) || [...record.addedNodes].some((node) => node instanceof Element);
  }

  const watcher = new MutationObserver((records) => {
    if (!records.some(fresh)) return;
    const change = { at: window.performance.now(), painted: 0 };
    changes.push(change);
    drawn().then((at) => {
      change.painted = at;
    });
  });

  /** Note when a script gets a piece of a stream; it gets the same promise, and as soon. */
  const read = ReadableStreamDefaultReader.prototype.read;
  ReadableStreamDefaultReader.prototype.read = function stamped(...given) {
    const got = read.apply(this, given);
    got.then(() => arrivals.push(window.performance.now()), () => {});
    return got;
  };

  const longFrames = PerformanceObserver.supportedEntryTypes.includes(FRAMES)
    ? new PerformanceObserver((list) => frames.push(...list.getEntries()))
    : null;
  longFrames?.observe({ type: FRAMES });

  /** Begin to time the answer to the next question: it goes to `askPath` and is shown below `transcript`. */
  function begin(transcript, askPath) {
    const root = transcript ?? document.body;
    watcher.disconnect();
    known = new WeakSet([root, ...root.querySelectorAll("*")]);
    changes = [];
    arrivals = [];
    frames.length = 0;
    begun = window.performance.now();
    path = askPath;
    watcher.observe(root, WATCHED);
  }

  /** When the last byte of the newest question's answer had come; Infinity where it has not ended. */
  function responseEnd() {
    const asked = window.performance.getEntriesByType("resource")
      .filter((entry) => entry.startTime >= begun && new URL(entry.name).pathname === path);
    return asked.at(-1)?.responseEnd || Infinity;
  }

  /** The newest piece of a stream that had come by then; null for none. */
  function pieceBefore(at) {
    return arrivals.findLast((one) => one <= at) ?? null;
  }

  /** What a script of a long frame is called. What goes on with a piece of a stream runs behind `stamped`. */
  function called(script) {
    if (!script.sourceURL && script.invoker === "ReadableStreamDefaultReader.read.then") return "the stream's reader";
    const file = script.sourceURL.split("?")[0].split("/").at(-1);
    return [script.sourceFunctionName || script.invoker, file].filter(Boolean).join(" in ");
  }

  /** What took longest in the long frames between two times; "" where none was long. */
  function blame(from, to) {
    frames.push(...(longFrames?.takeRecords() ?? []));
    const works = frames
      .filter((frame) => frame.startTime < to && frame.startTime + frame.duration > from)
      .flatMap((frame) => {
        const end = frame.startTime + frame.duration;
        const scripts = (frame.scripts ?? []).map((script) => [script.duration, called(script)]);
        return [...scripts, [end - (frame.styleAndLayoutStart || end), "style and layout"]];
      })
      .sort((one, other) => other[0] - one[0]);
    return works.length > 0 && works[0][0] >= 1 ? works[0][1] : "";
  }

  /** To a tenth of a millisecond, which is as fine as the clock is. */
  function tenths(ms) {
    return Math.round(ms * 10) / 10;
  }

  /**
   * What became of the question since `begin`: its rendering, that of each piece before, and what took longest.
   * null where nothing new was drawn, or where nothing says when it had arrived.
   */
  async function take() {
    const end = responseEnd();
    const rest = end + LATE_MS - window.performance.now();
    if (rest > 0 && Number.isFinite(rest)) await new Promise((done) => setTimeout(done, rest));
    await drawn();
    watcher.disconnect();
    const seen = changes.filter((change) => change.painted > 0);
    const last = seen.at(-1);
    if (!last) return null;
    const arrived = end <= last.at ? end : pieceBefore(last.at);
    if (arrived === null) return null;
    const pieces = seen.slice(0, -1)
      .filter((change) => change.at < arrived && pieceBefore(change.at) !== null)
      .map((change) => tenths(change.painted - pieceBefore(change.at)));
    return { ms: tenths(last.painted - arrived), pieces, blame: blame(arrived, last.painted) };
  }

  /** Rows of text as an element, such as an answer's table has. */
  function rows() {
    const table = document.createElement("table");
    for (let i = 0; i < ROWS; i += 1) {
      const row = table.insertRow();
      for (const text of ["Option", String(i), "about 1,200 a year", "2 to 4 weeks"]) row.insertCell().textContent = text;
    }
    return table;
  }

  /** Some steps of a generator of numbers. */
  function some(number) {
    let next = number;
    for (let i = 0; i < SOME_STEPS; i += 1) {
      next ^= next << 13;
      next ^= next >>> 17;
      next ^= next << 5;
    }
    return next;
  }

  /** Work that is always the same, however long it takes: so many steps, in many short calls. */
  function work(steps) {
    let number = left[0];
    for (let done = 0; done < steps; done += SOME_STEPS) number = some(number);
    left[0] = number; // kept, or there would be nothing to work for
  }

  /** How many steps of it take a ms where nothing disturbs it: the best of many runs, shorter than a slice of time. */
  function pace() {
    for (let run = 0; run < RUNS; run += 1) best = Math.max(best, ran());
    return best;
  }

  /** How many steps a ms one run takes. */
  function ran() {
    const before = window.performance.now();
    work(RUN_STEPS);
    return RUN_STEPS / Math.max(window.performance.now() - before, CLOCK_MS);
  }

  /**
   * Work until it goes at its pace. A page in the background may lose what the engine compiled, and goes on four times
   * as slowly for seconds. A busy machine does not show here, since a run is shorter than a slice of time.
   */
  function warm() {
    for (let run = 0; run < MOST_RUNS && ran() < best * AT_PACE; run += 1);
  }

  /** How long drawing rows on an empty page takes, after so many steps of work: without any, the machine's own time. */
  async function draw(steps = 0) {
    await drawn(); // what brought the page to the front is painted
    const before = window.performance.now();
    work(steps);
    document.body.replaceChildren(rows());
    const took = tenths(await drawn() - before);
    document.body.replaceChildren();
    return took;
  }

  /** The same in the place of a rendering: after as long as an answer takes, and as long before the next drawing. */
  async function blank(after, steps) {
    warm();
    await new Promise((done) => setTimeout(done, after));
    const took = await draw(steps);
    await new Promise((done) => setTimeout(done, LATE_MS));
    return took;
  }

  Object.defineProperty(window, "__renders", { value: Object.freeze({ begin, take, pace, draw, blank }) });
})();
