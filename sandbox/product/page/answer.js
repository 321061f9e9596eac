// One answer of schema v2 as an article: title, blocks, rating, suggested next questions.

import { button, el } from "./dom.js";
import { blocks, inline } from "./markdown.js";
import { table } from "./tables.js";

const SAFE_IMAGE = /^(?:\/(?!\/)|data:image\/(?:png|jpeg|gif|webp);base64,)/;
const LEVELS = { info: "Note", warning: "Warning", danger: "Danger", success: "Good to know" };
let count = 0;

/** Fill an article with an answer. `on` holds tell(event), rate(rating), ask(text). */
export function fill(article, answer, on) {
  count += 1;
  const title = el("h3", { id: `answer-${count}` }, answer.title);
  article.setAttribute("aria-labelledby", title.id);
  article.replaceChildren(title, ...answer.blocks.map((block) => render(block, on.tell)), rating(on.rate));
  const actions = suggestions(answer.meta.suggested_actions, on.ask);
  if (actions) article.append(actions);
}

function render(block, tell) {
  switch (block.type) {
    case "table": return table(block, tell);
    case "code": return code(block);
    case "list": return el("ul", {}, ...lines(block).map((item) => el("li", {}, ...inline(item))));
    case "callout": return callout(block);
    case "image": return image(block);
    default: return el("div", { class: "markdown" }, ...blocks(block.content));
  }
}

function lines(block) {
  return block.items ?? block.content.split("\n").map((line) => line.replace(/^\s*[-*]\s+/, ""));
}

function code(block) {
  const name = block.language ? `Code, ${block.language}` : "Code";
  return el("figure", { class: "code" }, el("figcaption", {}, name), el("pre", {}, el("code", {}, block.content)));
}

function callout(block) {
  const level = block.level in LEVELS ? block.level : "info";
  return el("div", { role: "note", class: `callout ${level}` }, el("strong", {}, `${LEVELS[level]}: `), ...inline(block.content));
}

function image(block) {
  if (!SAFE_IMAGE.test(block.content)) return el("p", {}, block.alt ?? "An image that can't be shown.");
  return el("figure", { class: "image" }, el("img", { src: block.content, alt: block.alt ?? "" }));
}

function rating(rate) {
  const choices = [["Helpful", "positive"], ["Not helpful", "negative"]];
  const buttons = choices.map(([label, value]) => button(label, (self) => {
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === self));
    rate(value);
  }, { class: "quiet small", "aria-pressed": "false" }));
  return el("div", { role: "group", class: "rating", "aria-label": "Rate this answer" }, ...buttons);
}

function suggestions(actions, ask) {
  const labels = [...new Set((actions ?? []).map((action) => action.label).filter(Boolean))];
  if (labels.length === 0) return null;
  return el("div", { role: "group", class: "suggestions", "aria-label": "Suggested next questions" },
    ...labels.map((label) => button(label, () => ask(label), { class: "chip" })));
}
