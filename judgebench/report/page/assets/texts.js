"use strict";
// How all pages make their elements. What people or judges wrote is only ever text nodes, and nothing in it hides.

const $ = (id) => document.getElementById(id);

/** Make an element: properties of `how` are attributes, those that are null or false left out; so are null children. */
function made(tag, how = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(how)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Characters that are not seen, or turn the text around them: shown as what they are. Joiners belong to emoji and scripts.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;
const PLAIN = new Set(["\n", "\t", "\u200c", "\u200d"]);

const codePoint = (char) => `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Append a text to an element, its unseen characters made visible. */
function written(element, text) {
  let done = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (PLAIN.has(found[0]) || (found[0] === "\r" && text[found.index + 1] === "\n")) continue;
    element.append(text.slice(done, found.index), made("span", { class: "ctl" }, codePoint(found[0])));
    done = found.index + found[0].length;
  }
  element.append(text.slice(done));
  return element;
}

/** The same in one line, as plain text: for options, names and labels. */
function plainText(text) {
  return text.replace(UNSEEN, (char) => (PLAIN.has(char) ? " " : codePoint(char)));
}

/** Longer texts are shown in part first. */
const LONG = 20_000;

function textBlock(text, className = "text") {
  const block = written(made("div", { class: className, dir: "auto" }), text.slice(0, LONG));
  if (text.length <= LONG) return block;
  const more = made("button", { type: "button" }, `Show all ${text.length.toLocaleString("en")} characters`);
  more.addEventListener("click", () => { block.replaceChildren(); written(block, text); more.remove(); });
  return made("div", {}, block, more);
}
