"use strict";
// What the server's pages share beyond texts.js: how they draw, count and ask.

function drawing(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** Count things in words, as sentences do. */
const counted = (count, one, several = `${one}s`) => `${COUNTS[count] ?? count} ${count === 1 ? one : several}`;

const firstUp = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

const GONE = "The server does not answer: is judgebench view still running?";

/** Ask the server; what is thrown says what a person can do about it. */
async function asked(path) {
  let response;
  try { response = await fetch(path); } catch { throw new Error(GONE); }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(response.status === 403 ? "judgebench view was started again: open the address that it prints now." : data.error ?? `The server answered ${response.status}.`);
  return data;
}
