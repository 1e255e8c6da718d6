// The list of items: what is chosen, what is listed, what is open.

const page = {
  heads: [],
  boards: new Map(),
  board: null,
  judge: 0,
  kinds: [],
  kind: null,
  dimensions: [],
  chosen: {},
  hits: null,
  searching: 0,
  list: null,
  open: -1,
};

async function start() {
  if (!("DecompressionStream" in window)) throw new Error("this browser is too old to unpack the list of items");
  const heads = await unpack("boards");
  if (!heads.length) return;
  page.heads = heads;
  page.list = new List((place, focus) => guarded(() => openItem(place, { focus, link: true })));
  fill($("board"), heads.map((head, i) => [String(i), boardTitle(head, i)]));
  $("board-choice").hidden = heads.length < 2;
  fill($("sort"), Object.entries(SORTS).map(([key, [title]]) => [key, title]));
  $("explorer").hidden = false;
  listen();
  if (!(await followLink())) await switchBoard(0);
  document.documentElement.dataset.ready = "yes";
}

function boardTitle(head, number) {
  const twins = page.heads.filter((other) => other.task === head.task).length > 1;
  return plainText(twins ? `${head.task} (${head.revision}, ${number + 1})` : head.task);
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => made("option", { value }, text)));
}

async function switchBoard(number) {
  if (!page.boards.has(number)) page.boards.set(number, await openBoard(number, page.heads[number]));
  page.board = page.boards.get(number);
  page.open = -1;
  page.judge = 0;
  $("board").value = String(number);
  fill($("judge"), [...page.board.names.map((name, i) => [String(i), plainText(name)]), [String(EVERY), "every judge"]]);
  $("judge-choice").hidden = page.board.runs < 2;
  resetFilters();
  await refreshAndOpen();
}

/** Everything is listed, and what is searched for is not looked for any more. */
function resetFilters() {
  page.searching += 1;
  page.hits = null;
  $("search").value = "";
  page.chosen = {};
  page.dimensions = dimensionsOf(page.board);
  page.kinds = kindsOf(page.board, page.judge);
  page.kind = page.kinds[0];
  buildKinds();
  buildChoices();
}

function buildKinds() {
  const buttons = page.kinds.map((kind) => {
    const text = kind.key === "all" ? `${kind.title} ${kind.count.toLocaleString("en")}` : `${kind.title}: ${kind.count.toLocaleString("en")}`;
    const button = made("button", { type: "button", "data-kind": kind.key, "aria-pressed": String(kind === page.kind) }, text);
    button.addEventListener("click", () => guarded(() => chooseKind(kind)));
    return button;
  });
  $("kinds").replaceChildren(...buttons);
}

function chooseKind(kind) {
  page.kind = kind;
  for (const button of $("kinds").children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind.key));
  return refreshAndOpen();
}

function chooseJudge(judge) {
  page.judge = judge;
  const before = page.kind.key;
  page.kinds = kindsOf(page.board, judge);
  page.kind = page.kinds.find(({ key }) => key === before) ?? page.kinds[0];
  buildKinds();
  return refreshAndOpen();
}

function buildChoices() {
  const labels = page.dimensions.map((dimension) => {
    const select = made("select", { "data-key": dimension.key });
    select.append(made("option", { value: String(ANY) }, "any"));
    dimension.options.forEach((option, i) => select.append(made("option", { value: String(i) }, plainText(option) || "(none)")));
    return made("label", {}, made("span", { dir: "auto" }, plainText(dimension.title)), select);
  });
  $("choices").replaceChildren(...labels);
  $("more").hidden = !labels.length;
}

function refresh(share = 1) {
  const { board, dimensions, chosen, hits } = page;
  const { found, counts } = sift(board, page.kind, dimensions, chosen, hits);
  for (const dimension of dimensions) countOptions(dimension, counts.get(dimension.key));
  const set = Object.values(chosen).filter((value) => value !== ANY).length;
  $("active").textContent = set ? `${set} set` : page.dimensions.map(({ title }) => plainText(title).toLowerCase()).slice(0, 4).join(", ");
  page.list.show(board, sorted(board, found, $("sort").value));
  const busy = share < 1 ? `, searching: ${Math.round(100 * share)} %` : "";
  $("count").textContent = `${found.length.toLocaleString("en")} of ${board.id.length.toLocaleString("en")} items${busy}`;
}

/** List again, and open the first item where the open one is not listed any more. */
async function refreshAndOpen() {
  refresh();
  const { found } = page.list;
  if (!found.length) closeItem();
  else if (!found.includes(page.open)) await openItem(found[0], {});
  else await openItem(page.open, {});
}

function countOptions(dimension, counts) {
  const select = $("choices").querySelector(`select[data-key="${CSS.escape(dimension.key)}"]`);
  dimension.options.forEach((option, i) => {
    select.options[i + 1].textContent = `${plainText(option) || "(none)"} (${counts[i].toLocaleString("en")})`;
    // What finds nothing is out of the way, unless it is chosen.
    select.options[i + 1].hidden = !counts[i] && page.chosen[dimension.key] !== i;
  });
}

async function startSearch() {
  page.searching += 1;
  const mine = page.searching;
  const stopped = () => mine !== page.searching;
  const words = wordsOf($("search").value);
  if (words.length) {
    await search(page.board, words, (hits, share) => { page.hits = hits; refresh(share); }, stopped);
    if (stopped()) return;
  } else page.hits = null;
  await refreshAndOpen();
}

/** Show an item; with `focus` the reader goes to it, with `link` the address names it. */
async function openItem(place, { focus = false, link = false }) {
  const { board } = page;
  page.open = place;
  const item = await itemAt(board, place);
  if (page.open !== place || page.board !== board) return;
  const heading = made("h3", { id: "item-title", tabindex: "-1", dir: "auto" }, made("span", { class: "id" }, plainText(board.id[place])));
  const tag = tagOf(board, place);
  if (tag) heading.append(" ", made("span", { class: "tag" }, tag));
  const article = $("item");
  article.setAttribute("aria-labelledby", "item-title");
  article.replaceChildren(heading, ...itemParts(board, place, item), itemButtons());
  $("explorer-fault").hidden = true;
  page.list.mark(place);
  if (link) writeLink(place);
  if (focus) {
    heading.focus({ preventScroll: true });
    article.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
}

function itemButtons() {
  const button = (text, action) => {
    const one = made("button", { type: "button" }, text);
    one.addEventListener("click", action);
    return one;
  };
  const copy = button("Copy link", () => copyLink(copy));
  return made("p", { class: "tools" }, button("Previous", () => page.list.step(-1)), button("Next", () => page.list.step(1)), copy);
}

function closeItem() {
  page.open = -1;
  const article = $("item");
  article.removeAttribute("aria-labelledby");
  article.replaceChildren(made("p", { class: "note" }, "No item is like that."));
  page.list.mark(-1);
}

// Links.

function setHash(hash) {
  // A file's own page may be told to keep its history.
  try {
    window.history.replaceState(null, "", hash);
  } catch {
    window.location.hash = hash;
  }
}

function writeLink(place) {
  const { head, id, number } = page.board;
  const twin = page.heads.findIndex((other) => other.task === head.task) === number ? "" : `&board=${number + 1}`;
  setHash(`#item=${encodeURIComponent(toWellFormed(head.task))}/${encodeURIComponent(toWellFormed(id[place]))}${twin}`);
}

/** A link holds no unpaired surrogates. */
function toWellFormed(text) {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}

/** Open the item that the address names; says whether there is one. */
async function followLink() {
  const link = /^#item=([^/&]*)\/([^&]*)(?:&board=(\d+))?$/u.exec(window.location.hash);
  if (link === null) return false;
  let task;
  let id;
  try {
    [task, id] = [decodeURIComponent(link[1]), decodeURIComponent(link[2])];
  } catch {
    return false;
  }
  for (const [number, head] of page.heads.entries()) {
    if (toWellFormed(head.task) !== task || (link[3] !== undefined && Number(link[3]) !== number + 1)) continue;
    if (page.board?.number !== number) await switchBoard(number);
    const place = page.board.id.findIndex((name) => toWellFormed(name) === id);
    if (place < 0) continue;
    if (!page.list.found.includes(place)) {
      resetFilters();
      refresh();
    }
    await openItem(place, { focus: true, link: true });
    return true;
  }
  $("explorer-fault").textContent = "The item of this link is not in this file.";
  $("explorer-fault").hidden = false;
  return false;
}

async function copyLink(button) {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(window.location.href);
  } catch {
    said = "Copy it from the address bar";
  }
  button.textContent = said;
}

// Keys and other input.

function listen() {
  let waiting = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => guarded(startSearch), 200);
  });
  $("sort").addEventListener("change", () => guarded(sortAgain));
  $("board").addEventListener("change", (event) => guarded(() => switchBoard(Number(event.target.value))));
  $("judge").addEventListener("change", (event) => guarded(() => chooseJudge(Number(event.target.value))));
  $("choices").addEventListener("change", (event) => {
    page.chosen[event.target.dataset.key] = Number(event.target.value);
    guarded(refreshAndOpen);
  });
  $("reset").addEventListener("click", () => {
    resetFilters();
    guarded(refreshAndOpen);
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => guarded(followLink));
  document.addEventListener("keydown", shortcut);
}

/** Another order shows its own first item. */
function sortAgain() {
  page.open = -1;
  page.list.active = -1;
  return refreshAndOpen();
}

function shortcut(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const typing = event.target.closest("input, select, textarea, [contenteditable]") !== null;
  if (event.key === "Escape") escapePressed(event);
  else if (typing) {
    if (event.key === "Enter" && event.target === $("search")) $("list").focus();
  } else if (event.key === "j") page.list.step(1);
  else if (event.key === "k") page.list.step(-1);
  else if (event.key === "/") {
    $("search").focus();
    event.preventDefault();
  }
}

function escapePressed(event) {
  const search = $("search");
  if (event.target === search && search.value !== "") {
    search.value = "";
    guarded(startSearch);
    event.preventDefault();
  } else if (event.target === search || event.target.closest("#item") !== null) $("list").focus();
}

/** Say what went wrong in the page: nobody reads a console. */
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    $("explorer-fault").textContent = `The list of items does not work here: ${error.message}`;
    $("explorer-fault").hidden = false;
  }
}

guarded(start);
