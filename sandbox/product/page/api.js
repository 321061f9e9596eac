// What the page asks the server. The session travels with every question; the server names it in the first answer.

const USER = "onesource-user";
let session = null; // lives as long as the transcript on the page

/** Keep the conversation that an answer names, or begin a new one with null. */
export function keepSession(id) {
  session = id;
}

function user() {
  const made = `web-${Math.random().toString(36).slice(2, 12)}`;
  try {
    const known = localStorage.getItem(USER);
    if (known === null) localStorage.setItem(USER, made);
    return known ?? made;
  } catch { // storage is switched off: counted as a new person each time
    return made;
  }
}

function post(path, body, headers = {}) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Ask and return the whole answer; `onText` gets the pieces of a streamed one as they come. */
export async function ask(question, onText) {
  const response = await post("/api/chat/ask", session ? { question, session_id: session } : { question }, { Accept: "text/event-stream" });
  if (!response.ok) throw new Error(await reason(response));
  const answer = (response.headers.get("Content-Type") ?? "").startsWith("text/event-stream")
    ? await streamed(response, onText)
    : await response.json();
  if (!Array.isArray(answer?.blocks) || !answer.meta) throw new Error("The server sent an answer this page can't read.");
  keepSession(answer.meta.session_id);
  return answer;
}

async function reason(response) {
  if (response.status === 429) return "Too many questions in a short time. Wait a minute and try again.";
  if (response.status === 404) {
    keepSession(null);
    return "This conversation is no longer there. Your next question begins a new one.";
  }
  return `The server could not answer (${response.status}).`;
}

async function streamed(response, onText) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  let answer = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    held += value;
    const events = held.split("\n\n");
    held = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "null");
      if (name === "delta") onText(data.text);
      if (name === "answer") answer = data;
    }
  }
  if (answer === null) throw new Error("The answer broke off before its end.");
  return answer;
}

/** Return up to five example questions, or null when the server has none to give. */
export async function examples() {
  try {
    const response = await fetch("/api/prompts/examples?n=5", { cache: "no-store" });
    const body = response.ok ? await response.json() : null;
    const found = (body?.examples ?? []).filter((text) => typeof text === "string" && text.trim() !== "");
    return found.length > 0 ? [...new Set(found)].slice(0, 5) : null;
  } catch {
    return null;
  }
}

/** Report what somebody did; it never gets in their way. */
export function tell(event, metadata = {}) {
  post("/api/telemetry/ui", { event_type: event, user_id: user(), session_id: session, metadata }).catch(() => {});
}

/** Send a rating of an answer; returns whether it arrived. */
export async function rate(rating) {
  try {
    return (await post("/api/chat/feedback", { session_id: session, rating })).ok;
  } catch {
    return false;
  }
}
