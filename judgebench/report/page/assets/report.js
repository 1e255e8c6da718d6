// The list of items: what is chosen, what is listed, what is open.

const page = {
  heads: [],
  boards: new Map(),
  board: null,
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
    page.list = new List(null, openItem);
    fill(byId("board"), heads.map((head, i) => [String(i), boardTitle(head, i)]));
    byId("board").closest("label").hidden = heads.length < 2;
    fill(byId("scope"), Object.entries(SCOPES));
    fill(byId("sort"), Object.entries(SORTS).map(([key, [title]]) => [key, title]));
    byId("explorer").hidden = false;
    byId("more").open = !window.matchMedia("(max-width: 52rem)").matches;
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
  byId("board").value = String(number);
  page.dimensions = dimensionsOf(page.board);
  page.chosen = {};
  page.hits = null;
  byId("search").value = "";
  buildChoices();
  resetChoices();
  byId("board-note").textContent = boardNote(page.board.head);
  closeItem(false);
  refresh();
}

function boardNote(head) {
  const parts = [`${plainText(head.task)}, ${plainText(head.revision)}.`];
  if (head.items < head.total) parts.push(`${head.items.toLocaleString("en")} of ${head.total.toLocaleString("en")} items are in this file; the figures above are about all.`);
  if (!head.wanted) parts.push("Texts were left out on purpose.");
  else if (!head.texts && !head.others && head.unread) parts.push(`No texts: ${plainText(head.unread)}`);
  if (head.others) parts.push(`The texts of ${head.others.toLocaleString("en")} items are left out: those at hand are not the ones that were judged.`);
  if (head.licence) parts.push(`Licence of the data: ${plainText(head.licence)}.`);
  return parts.join(" ");
}

function buildChoices() {
  const labels = page.dimensions.map((dimension) => {
    const select = make("select", { "data-key": dimension.key });
    select.append(make("option", { value: String(ANY), text: "any" }));
    dimension.options.forEach((option, i) => select.append(make("option", { value: String(i), text: plainText(option) || "(none)" })));
    return make("label", {}, make("span", { text: plainText(dimension.title) }), select);
  });
  byId("choices").replaceChildren(...labels);
}

/** Back to what is shown at first: items on which a judge is at odds with gold, where there are any. */
function resetChoices() {
  page.chosen = {};
  for (const { key, first } of page.dimensions) if (first !== undefined) page.chosen[key] = first;
  const { found } = sift(page.board, page.dimensions, page.chosen, null);
  if (!found.length) page.chosen = {};
  showChosen();
}

function showChosen() {
  for (const select of byId("choices").querySelectorAll("select")) {
    select.value = String(page.chosen[select.dataset.key] ?? ANY);
  }
}

function refresh(share = 1) {
  const { board, dimensions, chosen, hits } = page;
  const { found, counts } = sift(board, dimensions, chosen, hits);
  for (const dimension of dimensions) countOptions(dimension, counts.get(dimension.key));
  const set = Object.values(chosen).filter((value) => value !== ANY).length;
  byId("active").textContent = set ? `(${set} set)` : "";
  page.list.show(board, sorted(board, found, byId("sort").value));
  const busy = share < 1 ? `, searching: ${Math.round(100 * share)} %` : "";
  byId("count").textContent = `${found.length.toLocaleString("en")} of ${board.id.length.toLocaleString("en")} items${busy}`;
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
    refresh();
    return Promise.resolve();
  }
  const told = (hits, share) => {
    if (mine !== page.searching) return;
    page.hits = hits;
    refresh(share);
  };
  return search(page.board, query, byId("scope").value, told, () => mine !== page.searching);
}

async function openItem(place, withFocus) {
  const board = page.board;
  page.open = place;
  const item = await itemAt(board, place);
  if (page.open !== place || page.board !== board) return;
  const heading = make("h3", { id: "item-title", tabindex: "-1", dir: "auto", text: plainText(board.id[place]) });
  const article = byId("item");
  article.setAttribute("aria-labelledby", "item-title");
  article.replaceChildren(itemButtons(), heading, ...itemParts(board, place, item));
  article.closest(".panes").classList.add("reading");
  byId("explorer-fault").hidden = true;
  page.list.mark(place);
  writeLink(place);
  if (withFocus) {
    heading.focus({ preventScroll: true });
    article.scrollIntoView({ block: "start", behavior: "instant" });
  }
}

function itemButtons() {
  const button = (text, action) => {
    const made = make("button", { type: "button", text });
    made.addEventListener("click", action);
    return made;
  };
  const copy = button("Copy link", () => copyLink(copy));
  return make(
    "p",
    { class: "bar" },
    button("Back to the list", () => closeItem(true)),
    button("Previous", () => page.list.step(-1)),
    button("Next", () => page.list.step(1)),
    copy,
  );
}

function closeItem(withFocus) {
  page.open = -1;
  const article = byId("item");
  article.removeAttribute("aria-labelledby");
  article.replaceChildren(make("p", { class: "soft", text: "Choose an item to see all of it. Press ? for keys." }));
  article.closest(".panes").classList.remove("reading");
  if (page.list !== null && page.board !== null) page.list.mark(-1);
  if (window.location.hash.startsWith("#item=")) setHash("#items");
  if (withFocus) byId("list").focus();
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
    if (page.board?.number !== number) await switchBoardQuietly(number);
    const place = page.board.id.findIndex((name) => toWellFormed(name) === id);
    if (place < 0) continue;
    if (!page.list.found.includes(place)) {
      page.chosen = {};
      showChosen();
      refresh();
    }
    await openItem(place, true);
    return true;
  }
  byId("explorer-fault").textContent = "The item of this link is not in this file.";
  byId("explorer-fault").hidden = false;
  return false;
}

/** Switch, and keep the address, which closing an item would change. */
async function switchBoardQuietly(number) {
  const { hash } = window.location;
  await switchBoard(number);
  setHash(hash);
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
  byId("scope").addEventListener("change", () => guarded(startSearch));
  byId("sort").addEventListener("change", () => refresh());
  byId("board").addEventListener("change", (event) => guarded(() => switchBoard(Number(event.target.value))));
  byId("choices").addEventListener("change", (event) => {
    page.chosen[event.target.dataset.key] = Number(event.target.value);
    refresh();
  });
  byId("reset").addEventListener("click", () => {
    byId("search").value = "";
    page.hits = null;
    page.searching += 1;
    resetChoices();
    refresh();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("help").addEventListener("click", () => byId("keys").showModal());
  byId("keys-close").addEventListener("click", () => byId("keys").close());
  window.addEventListener("hashchange", () => guarded(followLink));
  document.addEventListener("keydown", shortcut);
}

function shortcut(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || byId("keys").open) return;
  const typing = event.target.closest("input, select, textarea, [contenteditable]") !== null;
  if (event.key === "Escape") escapePressed(event);
  else if (typing) {
    if (event.key === "Enter" && event.target === byId("search")) byId("list").focus();
  } else if (event.key === "j") page.list.step(1);
  else if (event.key === "k") page.list.step(-1);
  else if (event.key === "?") byId("keys").showModal();
  else if (event.key === "/") {
    byId("search").focus();
    event.preventDefault();
  }
}

function escapePressed(event) {
  if (event.target === byId("search") && byId("search").value !== "") {
    byId("search").value = "";
    guarded(startSearch);
    event.preventDefault();
  } else if (page.open >= 0) closeItem(true);
  else if (event.target === byId("search")) byId("list").focus();
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
