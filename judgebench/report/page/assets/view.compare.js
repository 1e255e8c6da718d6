"use strict";
// What changed between two runs, item by item: a list with filters, and the one that is open.

const MANY = 200;
const view = { items: [], kind: "all", words: "", shown: MANY, open: -1 };
const names = { before: $("ex").dataset.before, after: $("ex").dataset.after };

function fits(one) {
  const kind = view.kind === "all" ? one.kind !== "other" : view.kind === "half" ? one.half : one.kind === view.kind;
  return kind && `${one.snippet} ${one.id} ${one.part} ${one.now}`.toLowerCase().includes(view.words);
}

function row(one) {
  const link = made("a", { href: `#item-${one.n}` },
    made("span", { class: "t", dir: "auto" }, one.snippet || one.id),
    made("span", { class: "d" }, made("bdi", {}, one.part ? `${one.id} · ${one.part}` : one.id), made("span", {}, one.now)));
  link.dataset.n = one.n;
  if (one.n === view.open) link.setAttribute("aria-current", "true");
  link.addEventListener("click", (event) => { event.preventDefault(); show(one.n); });
  return made("li", {}, link);
}

function draw() {
  const found = view.items.filter(fits);
  $("list").replaceChildren(...found.slice(0, view.shown).map(row));
  $("more").hidden = found.length <= view.shown;
  $("more").textContent = `Show ${Math.min(MANY, found.length - view.shown)} more`;
  $("said").textContent = counted(found.length, "item");
  if (!found.length) $("item").replaceChildren(made("p", { class: "note" }, "No item is like that."));
  else if (!found.some((one) => one.n === view.open)) show(found[0].n);
}

/** Which order was shown, where there are two. */
function orderWord(said, alone) {
  if (alone) return "";
  const again = said.repeat ? `, asking ${said.repeat + 1}` : "";
  if (said.order.length === 2) return `${said.swapped ? "Swapped" : "First order"}${again}: `;
  return said.order.length > 2 ? `Order ${said.order.map((n) => n + 1).join(", ")}${again}: ` : `Asking ${said.repeat + 1}: `;
}

function verdict(said) {
  if (!said.word) return made("b", { class: "off" }, `no verdict (${said.status})`);
  const [className, sign, told] = said.right === null ? ["", "", ""] : said.right ? ["same", " ✓", " right"] : ["off", " ✕", " wrong"];
  return made("b", { class: className }, said.word, made("span", { "aria-hidden": "true" }, sign), made("span", { class: "sr" }, told));
}

function sentBlock(said) {
  const messages = said.sent.flatMap((one) => [made("h4", {}, one.role), textBlock(one.text)]);
  return made("details", { class: "sent" }, made("summary", {}, "The prompt that was sent"), ...messages);
}

function side(title, verdicts) {
  const alone = verdicts.length === 1;
  const line = made("p", { class: "verdicts" }, ...verdicts.flatMap((said) => [made("span", { class: "one" }, orderWord(said, alone), verdict(said)), " "]));
  const words = verdicts.filter((said) => said.text || said.error || said.sent.length).map((said) => {
    const box = made("div", { class: "words" });
    if (!alone) box.append(made("p", { class: "note" }, orderWord(said, alone).replace(/: $/u, "")));
    if (said.text) box.append(textBlock(said.text, "text quote"));
    if (said.error) box.append(textBlock(said.error, "text off"));
    if (said.sent.length) box.append(sentBlock(said));
    return box;
  });
  if (!words.length) words.push(made("p", { class: "note" }, "No words of the judge are kept."));
  return made("section", { class: "side" }, made("h3", {}, made("bdi", {}, title)), line, ...words);
}

function goldLine(data) {
  if (data.same) return [];
  const people = data.gold.map((one) => made("li", {}, made("b", {}, one.label || "–"), made("bdi", {}, one.name)));
  return [made("h3", {}, "Labels"), made("ul", { class: "people-row" }, ...people)];
}

function drawItem(data) {
  const label = data.same ? data.gold[0] : null;
  const mark = (i) => [data.systems[i] ? ` · ${data.systems[i]}` : "", data.chosen.includes(i) ? " · preferred by gold" : ""].join("");
  const tags = [data.part, data.now].filter(Boolean).map((text) => made("span", { class: "tag" }, text));
  const texts = data.item ? itemParts(data.item, mark) : [made("p", { class: "alert" }, data.why)];
  const gold = data.chosen.length && data.item ? [] : label ? [made("p", { class: "note" }, "Gold: ", made("b", {}, label.label))] : goldLine(data);
  $("item").replaceChildren(
    made("h3", {}, made("bdi", {}, data.id), ...tags.flatMap((tag) => [" ", tag])),
    ...texts, ...gold,
    made("div", { class: "cols two judges" }, side(names.before, data.sides[0]), side(names.after, data.sides[1])),
    ...(data.sides.flat().some((said) => said.swapped && said.text) ? [made("p", { class: "note" }, "In a judge's own words the first answer is the one that it was shown first.")] : []),
  );
}

const get = (path) => asked(`${path}&${new URLSearchParams(location.search)}`);

function trouble(error) {
  $("trouble").hidden = false;
  $("trouble").textContent = error.message;
}

/** Keep an entry in sight within its list; the page itself stays where it is. */
function kept(link) {
  const pane = $("list").parentElement;
  const top = link.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  if (top < 0) pane.scrollTop += top;
  else if (top + link.offsetHeight > pane.clientHeight) pane.scrollTop += top + link.offsetHeight - pane.clientHeight;
}

async function show(n, focus = false) {
  view.open = n;
  for (const link of $("list").querySelectorAll("a")) {
    const here = Number(link.dataset.n) === n;
    if (here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    if (here && focus) link.focus({ preventScroll: true });
    if (here) kept(link);
  }
  try {
    const data = await get(`/api/compare/item?n=${n}`);
    if (view.open === n) drawItem(data);
  } catch (error) { trouble(error); }
}

function moved(by) {
  const links = [...$("list").querySelectorAll("a")];
  const next = links[links.findIndex((link) => Number(link.dataset.n) === view.open) + by];
  if (next) show(Number(next.dataset.n), true);
}

async function main() {
  for (const button of $("filters").querySelectorAll("button")) {
    button.addEventListener("click", () => {
      for (const other of $("filters").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
      view.kind = button.dataset.kind;
      view.shown = MANY;
      draw();
    });
  }
  $("search").addEventListener("input", () => { view.words = $("search").value.trim().toLowerCase(); view.shown = MANY; draw(); });
  $("more").addEventListener("click", () => { view.shown += MANY; draw(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input, select, textarea")) return;
    const by = { j: 1, k: -1 }[event.key];
    if (by) { event.preventDefault(); moved(by); }
  });
  view.kind = $("filters").querySelector("[aria-pressed=true]")?.dataset.kind ?? "all";
  try {
    view.items = (await get("/api/compare/items?")).items;
  } catch (error) { trouble(error); return; }
  $("ex").hidden = !view.items.length;
  if (view.items.length) draw();
}

main();
