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

function start() {
  if (!("DecompressionStream" in window)) throw new Error("this browser is too old to unpack the list of items");
  return unpack("boards").then(async (heads) => {
    page.heads = heads;
    if (!heads.length) return;
    page.list = new List(null, (place, focus) => guarded(() => openItem(place, { focus, link: true })));
    fill(byId("board"), heads.map((head, i) => [String(i), boardTitle(head, i)]));
    byId("board-choice").hidden = heads.length < 2;
    fill(byId("sort"), Object.entries(SORTS).map(([key, [title]]) => [key, title]));
    byId("explorer").hidden = false;
    listen();
    if (!(await followLink())) await switchBoard(0);
    performance.mark("explorer-ready");
    document.documentElement.dataset.ready = "yes";
  });
}

function boardTitle(head, number) {
  const twins = page.heads.filter((other) => other.task === head.task).length > 1;
  return plainText(twins ? `${head.task} (${head.revision}, ${number + 1})` : head.task);
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => make("option", { value, text })));
}

async function switchBoard(number) {
  if (!page.boards.has(number)) page.boards.set(number, await openBoard(number, page.heads[number]));
  page.board = page.boards.get(number);
  page.open = -1;
  page.hits = null;
  page.judge = 0;
  byId("board").value = String(number);
  byId("search").value = "";
  fill(byId("judge"), [...page.board.names.map((name, i) => [String(i), plainText(name)]), [String(EVERY), "every judge"]]);
  byId("judge-choice").hidden = page.board.runs < 2;
  resetFilters();
  await refreshAndOpen();
}

/** Everything is listed, the largest difference first. */
function resetFilters() {
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
    const button = make("button", { type: "button", "data-kind": kind.key, text, "aria-pressed": String(kind === page.kind) });
    button.addEventListener("click", () => guarded(() => chooseKind(kind)));
    return button;
  });
  byId("kinds").replaceChildren(...buttons);
}

function chooseKind(kind) {
  page.kind = kind;
  for (const button of byId("kinds").children) button.setAttribute("aria-pressed", String(button.dataset.kind === kind.key));
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
    const select = make("select", { "data-key": dimension.key });
    select.append(make("option", { value: String(ANY), text: "any" }));
    dimension.options.forEach((option, i) => select.append(make("option", { value: String(i), text: plainText(option) || "(none)" })));
    return make("label", {}, make("span", { dir: "auto", text: plainText(dimension.title) }), select);
  });
  byId("choices").replaceChildren(...labels);
  byId("more").hidden = !labels.length;
}

function refresh(share = 1) {
  const { board, dimensions, chosen, hits } = page;
  const { found, counts } = sift(board, page.kind, dimensions, chosen, hits);
  for (const dimension of dimensions) countOptions(dimension, counts.get(dimension.key));
  const set = Object.values(chosen).filter((value) => value !== ANY).length;
  byId("active").textContent = set ? `${set} set` : page.dimensions.map(({ title }) => plainText(title).toLowerCase()).slice(0, 4).join(", ");
  page.list.show(board, sorted(board, found, byId("sort").value));
  const busy = share < 1 ? `, searching: ${Math.round(100 * share)} %` : "";
  byId("count").textContent = `${found.length.toLocaleString("en")} of ${board.id.length.toLocaleString("en")} items${busy}`;
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
  const select = byId("choices").querySelector(`select[data-key="${CSS.escape(dimension.key)}"]`);
  dimension.options.forEach((option, i) => {
    select.options[i + 1].textContent = `${plainText(option) || "(none)"} (${counts[i].toLocaleString("en")})`;
    // What finds nothing is out of the way, unless it is chosen.
    select.options[i + 1].hidden = !counts[i] && page.chosen[dimension.key] !== i;
  });
}

function startSearch() {
  page.searching += 1;
  const mine = page.searching;
  const query = byId("search").value;
  if (!wordsOf(query).length) {
    page.hits = null;
    return refreshAndOpen();
  }
  const told = (hits, share) => {
    if (mine !== page.searching) return;
    page.hits = hits;
    refresh(share);
  };
  return search(page.board, query, told, () => mine !== page.searching).then(() => (mine === page.searching ? refreshAndOpen() : undefined));
}

/** Show an item; with `focus` the reader goes to it, with `link` the address names it. */
async function openItem(place, { focus = false, link = false }) {
  const { board } = page;
  page.open = place;
  const item = await itemAt(board, place);
  if (page.open !== place || page.board !== board) return;
  const heading = make("h3", { id: "item-title", tabindex: "-1", dir: "auto" }, make("span", { class: "id", text: plainText(board.id[place]) }));
  const tag = tagOf(board, place);
  if (tag) heading.append(" ", make("span", { class: "tag", text: tag }));
  const article = byId("item");
  article.setAttribute("aria-labelledby", "item-title");
  article.replaceChildren(heading, ...itemParts(board, place, item), itemButtons());
  byId("explorer-fault").hidden = true;
  page.list.mark(place);
  if (link) writeLink(place);
  if (focus) {
    heading.focus({ preventScroll: true });
    article.scrollIntoView({ block: "nearest", behavior: "instant" });
  }
}

function itemButtons() {
  const button = (text, action) => {
    const made = make("button", { type: "button", text });
    made.addEventListener("click", action);
    return made;
  };
  const copy = button("Copy link", () => copyLink(copy));
  return make("p", { class: "tools" }, button("Previous", () => page.list.step(-1)), button("Next", () => page.list.step(1)), copy);
}

function closeItem() {
  page.open = -1;
  const article = byId("item");
  article.removeAttribute("aria-labelledby");
  article.replaceChildren(make("p", { class: "note", text: "No item is like that." }));
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
  byId("explorer-fault").textContent = "The item of this link is not in this file.";
  byId("explorer-fault").hidden = false;
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
  byId("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => guarded(startSearch), 200);
  });
  byId("sort").addEventListener("change", () => guarded(sortAgain));
  byId("board").addEventListener("change", (event) => guarded(() => switchBoard(Number(event.target.value))));
  byId("judge").addEventListener("change", (event) => guarded(() => chooseJudge(Number(event.target.value))));
  byId("choices").addEventListener("change", (event) => {
    page.chosen[event.target.dataset.key] = Number(event.target.value);
    guarded(refreshAndOpen);
  });
  byId("reset").addEventListener("click", () => {
    byId("search").value = "";
    page.hits = null;
    page.searching += 1;
    resetFilters();
    guarded(refreshAndOpen);
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
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
    if (event.key === "Enter" && event.target === byId("search")) byId("list").focus();
  } else if (event.key === "j") page.list.step(1);
  else if (event.key === "k") page.list.step(-1);
  else if (event.key === "/") {
    byId("search").focus();
    event.preventDefault();
  }
}

function escapePressed(event) {
  const search = byId("search");
  if (event.target === search && search.value !== "") {
    search.value = "";
    guarded(startSearch);
    event.preventDefault();
  } else if (event.target === search || event.target.closest("#item") !== null) byId("list").focus();
}

/** Say what went wrong in the page: nobody reads a console. */
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    byId("explorer-fault").textContent = `The list of items does not work here: ${error.message}`;
    byId("explorer-fault").hidden = false;
  }
}

guarded(start);
