// The page: landing examples, the composer, the transcript.

import { fill } from "./answer.js";
import * as api from "./api.js";
import { button, el, say } from "./dom.js";

const FALLBACK = [
  "How do I plan a monthly budget?",
  "Compare solar panels and heat pumps in a table",
  "What helps against poor sleep?",
  "Write a Python function that counts words",
  "Which steps lead to a good sourdough bread?",
];
const landing = document.getElementById("landing");
const transcript = document.getElementById("transcript");
const question = document.getElementById("question");
const send = document.getElementById("send");
let busy = false;

async function showExamples() {
  const fresh = await api.examples();
  const texts = fresh ?? FALLBACK;
  document.getElementById("examples").replaceChildren(...texts.map((text) =>
    el("li", {}, button(text, () => {
      api.tell("example_clicked", { text });
      ask(text);
    }, { class: "chip" }))));
  api.tell(fresh ? "examples_served" : "examples_fallback", { count: texts.length });
}

function waiting(on) {
  busy = on;
  transcript.setAttribute("aria-busy", String(on)); // read an answer once, when it is whole
  send.setAttribute("aria-disabled", String(on)); // stays focusable, so nobody's focus is lost
}

async function ask(given) {
  const text = given.trim();
  if (busy) return;
  if (text === "") {
    say("Type a question first.");
    question.focus();
    return;
  }
  waiting(true);
  landing.hidden = true;
  for (const old of transcript.querySelectorAll(".suggestions, .retry")) old.remove();
  question.focus();
  const asked = el("div", { class: "asked" }, el("span", { class: "unseen" }, "You asked: "), el("p", {}, text));
  const article = el("article", { class: "answer" }, el("p", { class: "streaming" }, "…"));
  transcript.append(asked, article);
  asked.scrollIntoView({ block: "start" });
  say("Answering…");
  await answerInto(article, text);
  waiting(false);
}

async function answerInto(article, text) {
  const growing = article.firstElementChild;
  let soFar = "";
  try {
    const answer = await api.ask(text, (piece) => {
      soFar += piece;
      growing.textContent = soFar;
    });
    fill(article, answer, {
      tell: api.tell,
      rate: async (value) => say(await api.rate(value) ? "Thank you for your rating." : "The rating could not be sent."),
      ask: (next) => {
        if (busy) return;
        api.tell("suggested_action_clicked", { text: next });
        ask(next);
      },
    });
    say("The answer is complete.");
  } catch (error) {
    const failed = error instanceof TypeError ? "The server can't be reached." : error.message;
    article.replaceChildren(el("p", { class: "failed" }, failed), button("Try again", () => ask(text), { class: "quiet retry" }));
    say(failed);
  }
}

document.getElementById("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (busy) return;
  const text = question.value;
  if (text.trim() !== "") question.value = "";
  ask(text);
});

question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  document.getElementById("composer").requestSubmit();
});

document.getElementById("new").addEventListener("click", () => {
  if (busy) return;
  api.keepSession(null);
  transcript.replaceChildren();
  landing.hidden = false;
  showExamples();
  say("A new conversation has begun.");
  question.focus();
});

showExamples();
