// Building elements: text is only ever set as text, so nothing an answer contains can become markup.

/** Create an element with attributes and children (strings become text nodes). */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, String(value));
  }
  node.append(...children);
  return node;
}

/** A button that does something. */
export function button(label, action, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", () => action(node));
  return node;
}

/** Say something in the status line, which screen readers announce. */
export function say(text) {
  const status = document.getElementById("status");
  status.textContent = "";
  window.requestAnimationFrame(() => { // a repeated text is announced again
    status.textContent = text;
  });
}
