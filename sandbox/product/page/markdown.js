// The markdown that answers use: paragraphs, headings, lists, bold, italic, code, links. Built as nodes.

import { el } from "./dom.js";

const INLINE = /(`[^`\n]+`|\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*|\[[^\]\n]+\]\([^)\s]+\))/;
const SAFE_LINK = /^(?:https?:\/\/|\/(?!\/)|#)/i;

/** Return a text with its inline marks as a list of nodes and strings. */
export function inline(text) {
  return text.split(INLINE).filter((part) => part !== "").map(piece);
}

function piece(part) {
  if (part.length > 2 && part.startsWith("`") && part.endsWith("`")) return el("code", {}, part.slice(1, -1));
  if (part.length > 4 && part.startsWith("**") && part.endsWith("**")) return el("strong", {}, ...inline(part.slice(2, -2)));
  if (part.length > 2 && part.startsWith("*") && part.endsWith("*")) return el("em", {}, ...inline(part.slice(1, -1)));
  const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
  if (link && SAFE_LINK.test(link[2])) return el("a", { href: link[2], rel: "noopener noreferrer" }, link[1]);
  return part;
}

/** Return a markdown text as a list of block elements. */
export function blocks(text) {
  return text.split(/\n{2,}/).flatMap((chunk) => section(chunk.split("\n").filter((line) => line.trim() !== "")));
}

function section(lines) {
  const done = [];
  let at = 0;
  while (at < lines.length) {
    const kind = kindOf(lines[at]);
    let end = at + 1;
    while (kind !== "heading" && end < lines.length && kindOf(lines[end]) === kind) end += 1;
    done.push(block(kind, lines.slice(at, end)));
    at = end;
  }
  return done;
}

function kindOf(line) {
  if (/^#{1,6}\s/.test(line)) return "heading";
  if (/^\s*[-*]\s+/.test(line)) return "ul";
  return /^\s*\d+[.)]\s+/.test(line) ? "ol" : "paragraph";
}

function block(kind, lines) {
  if (kind === "heading") return el("h4", {}, ...inline(lines[0].replace(/^#+\s+/, "")));
  if (kind === "paragraph") return el("p", {}, ...inline(lines.join(" ")));
  const items = lines.map((line) => el("li", {}, ...inline(line.replace(/^\s*(?:[-*]|\d+[.)])\s+/, ""))));
  return el(kind, {}, ...items);
}
