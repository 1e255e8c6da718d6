"use strict";
// How the server's pages ask it, and make their elements: texts only ever become text nodes.

const $ = (id) => document.getElementById(id);

function made(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name.startsWith("data-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

function drawing(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const GONE = "The server does not answer: is judgebench view still running?";

/** Ask the server; what is thrown says what a person can do about it. */
async function asked(path) {
  let response;
  try { response = await fetch(path); } catch { throw new Error(GONE); }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(response.status === 403 ? "judgebench view was started again: open the address that it prints now." : data.error ?? `The server answered ${response.status}.`);
  return data;
}

// Characters that are not seen, or turn the text around them, are shown as what they are; joiners belong to scripts.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;
const SEEN = new Set(["\n", "\t", "\u200c", "\u200d"]);

/** Append what a person or a judge wrote to an element. */
function written(element, text) {
  let done = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (SEEN.has(found[0]) || (found[0] === "\r" && text[found.index + 1] === "\n")) continue;
    const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    element.append(text.slice(done, found.index), made("span", { className: "ctl" }, `U+${code}`));
    done = found.index + found[0].length;
  }
  element.append(text.slice(done));
  return element;
}

/** Longer texts are shown in part first. */
const LONG = 20_000;

function textBlock(text, className = "text") {
  const block = written(made("p", { className, dir: "auto" }), text.slice(0, LONG));
  if (text.length <= LONG) return block;
  const more = made("button", { type: "button" }, `Show all ${text.length.toLocaleString("en")} characters`);
  more.addEventListener("click", () => { block.replaceChildren(); written(block, text); more.remove(); });
  return made("div", {}, block, more);
}
