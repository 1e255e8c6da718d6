"use strict";
// What people or judges wrote, in a report and in the viewer: only ever text nodes, and nothing in them hides.

// Characters that are not seen, or turn the text around them: shown as what they are. Joiners belong to emoji and scripts.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;
const PLAIN = new Set(["\n", "\t", "\u200c", "\u200d"]);

const codePoint = (char) => `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Append a text to an element, its unseen characters made visible. */
function written(element, text) {
  let done = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (PLAIN.has(found[0]) || (found[0] === "\r" && text[found.index + 1] === "\n")) continue;
    const mark = document.createElement("span");
    mark.className = "ctl";
    mark.textContent = codePoint(found[0]);
    element.append(text.slice(done, found.index), mark);
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
  const block = document.createElement("div");
  block.className = className;
  block.dir = "auto";
  written(block, text.slice(0, LONG));
  if (text.length <= LONG) return block;
  const more = document.createElement("button");
  more.type = "button";
  more.textContent = `Show all ${text.length.toLocaleString("en")} characters`;
  more.addEventListener("click", () => { block.replaceChildren(); written(block, text); more.remove(); });
  const whole = document.createElement("div");
  whole.append(block, more);
  return whole;
}
