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
