"use strict";
// Blocks of data: deflated JSON in base64, each in an element of its own, unpacked when somebody wants it.

/** Characters of unpacked chunks that are kept. */
const KEPT = 48_000_000;
const kept = new Map();
let keptSize = 0;

function byId(id) {
  return document.getElementById(id);
}

/** Make an element: properties of `how` are attributes, `text` and `class` what they say; children may be texts. */
function make(tag, how = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(how)) {
    if (name === "text") element.textContent = value;
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

async function unpackText(name) {
  const block = byId(`block-${name}`);
  if (block === null) throw new Error(`this file is cut short: the block ${name} is missing`);
  const packed = atob(block.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i += 1) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

async function unpack(name) {
  return JSON.parse(await unpackText(name));
}

/** Unpack a chunk of items, or take it from those that were unpacked lately. */
async function chunkOf(name) {
  let known = kept.get(name);
  if (known !== undefined) {
    kept.delete(name);
    kept.set(name, known);
    return known.items;
  }
  const text = await unpackText(name);
  known = { items: JSON.parse(text), size: text.length };
  kept.set(name, known);
  keptSize += known.size;
  for (const [oldest, { size }] of kept) {
    if (keptSize <= KEPT || oldest === name) break;
    kept.delete(oldest);
    keptSize -= size;
  }
  return known.items;
}

async function itemAt(board, place) {
  const items = await chunkOf(`${board.name}-${board.chunk[place]}`);
  return items[board.slot[place]];
}

/** Read the columns of a board. */
async function openBoard(number, head) {
  const name = `b${number}`;
  return { name, number, head, ...(await unpack(name)) };
}

/** Let the browser draw and answer before work goes on. */
function breathe() {
  return new Promise((done) => setTimeout(done, 0));
}

// Characters that are not seen, or turn the text around them: shown as what they are. Joiners belong to emoji and scripts.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;
const PLAIN = new Set(["\n", "\t", "\u200c", "\u200d"]);

function named(char) {
  return `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Append a text to an element, its unseen characters made visible. */
function writeText(element, text) {
  let done = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (PLAIN.has(found[0]) || (found[0] === "\r" && text[found.index + 1] === "\n")) continue;
    element.append(text.slice(done, found.index), make("span", { class: "ctl", text: named(found[0]) }));
    done = found.index + found[0].length;
  }
  element.append(text.slice(done));
  return element;
}

/** The same in one line, as plain text: for options, names and labels. */
function plainText(text) {
  return text.replace(UNSEEN, (char) => (PLAIN.has(char) ? " " : named(char)));
}
