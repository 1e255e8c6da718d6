"use strict";
// Blocks of data: deflated JSON in base64, each in an element of its own, unpacked when somebody wants it.

/** Characters of unpacked chunks that are kept. */
const KEPT = 48_000_000;
const kept = new Map();
let keptSize = 0;

async function unpackText(name) {
  const block = $(`block-${name}`);
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
