"use strict";
// People who have labelled the same items: how far they agree, and the label that they settle on where they don't.

const agree = { data: null, open: null, pick: null, byKey: null, busy: false };

const unsettled = () => agree.data.apart.filter((one) => !one.settled);

/** The names, as a list in a sentence. */
function named(names) {
  const others = names.filter((name) => name !== state.who.annotator);
  return others.length > 1 ? `${others.slice(0, -1).join(", ")} and ${others.at(-1)}` : others[0] ?? "";
}

function drawAgreeTab() {
  const shared = state.overview.shared;
  const open = agree.data?.ready ? unsettled().length : null;
  $("tab-agree-count").textContent = open === null ? (shared ? `: ${shared} in common` : "") : open ? `: ${open} open` : ": settled";
}

async function openAgree() {
  const answer = await insist("/api/label/together", state.who, "Can't be shown.");
  if (answer.status !== 200) { trouble(reason(answer), false); return; }
  taken(answer.data);
  $("agree-title").focus({ preventScroll: true });
}

function taken(data) {
  agree.data = data;
  state.overview.shared = data.shared;
  drawOthers(data.people, state.who.annotator);
  drawAgreeTab();
  const notes = data.unread.map((text) => `A file of labels can't be read: ${text}`);
  if (!data.ready) drawWaiting(data);
  else {
    drawSummary(data);
    const next = unsettled()[0];
    if (next) showApart(next.n);
    else allSettled();
  }
  $("agree-note").hidden = !notes.length;
  $("agree-note").textContent = notes.join(" ");
}

function drawWaiting(data) {
  for (const id of ["agree-work", "agree-done", "settled", "agree-table"]) $(id).hidden = true;
  const alone = data.people.filter((one) => one.name !== state.who.annotator).length === 0;
  $("agree-title").textContent = alone ? "Nobody else has labelled these items yet" : `You have ${counted(data.shared, "item")} in common so far`;
  $("agree-lead").textContent = alone
    ? "A colleague labels under another name, on this page or with the same --labels folder and --seed."
    : `Where you agree is shown from ${data.enough} items in common on, or when you are through: a colleague's labels would colour yours.`;
}

function drawSummary(data) {
  const apart = data.apart.length;
  const open = unsettled().length;
  const people = data.among.length > 2 ? "You all agree" : `You and ${named(data.among)} agree`;
  $("agree-title").textContent = `${people} on ${data.same} of ${data.shared} items`;
  const kappa = data.kappa && data.kappa.value !== null ? `Beyond chance that is a kappa of ${data.kappa.text}${data.kappa.interval ? ` (95 % interval ${data.kappa.interval})` : ""}. ` : "";
  const rest = !apart ? "" : open ? `Settle the other ${COUNTS[open] ?? open}; your first labels are kept, and the human line is made of those.` : "All differences are settled; your first labels are kept, and the human line is made of those.";
  $("agree-lead").textContent = kappa + rest;
  drawSettled(data);
  drawTable(data);
  $("agree-done").hidden = false;
  $("agree-command").textContent = state.overview.common;
}

function drawSettled(data) {
  const done = data.apart.filter((one) => one.settled);
  $("settled").hidden = !done.length;
  $("settled-list").replaceChildren(...done.map((one) => {
    const again = made("button", { type: "button", "aria-label": `Look again at item ${one.n + 1}` }, "Look again");
    again.addEventListener("click", () => showApart(one.n, true));
    const line = made("span", {}, `Item ${one.n + 1}: `, made("b", {}, one.settled.label), ` · ${one.settled.by}, ${one.settled.at}`);
    if (one.settled.comment) line.append(written(made("span", { class: "sub", dir: "auto" }), one.settled.comment));
    return made("li", {}, line, again);
  }));
}

function drawTable(data) {
  const { table, among } = data;
  $("agree-table").hidden = !table || !data.apart.length;
  if (!table) return;
  const most = Math.max(1, ...table.counts.flat());
  const heat = (count) => (count ? `heat${1 + Math.min(2, Math.floor((3 * count) / (most + 1)))}` : "");
  const rows = table.labels.map((label, i) => made("tr", {}, made("th", { scope: "row" }, label), ...table.counts[i].map((count, j) => made("td", { class: `num ${heat(count)} ${i === j ? "diag" : ""}` }, count ? String(count) : "·"))));
  $("agree-table").querySelector(".scroll").replaceChildren(made("table", { class: "heat" }, made("caption", { class: "sr" }, "Labels of both annotators"),
    made("thead", {}, made("tr", {}, made("th", { scope: "col" }, made("bdi", {}, among[0]), " ↓ ", made("bdi", {}, among[1]), " →"), ...table.labels.map((label) => made("th", { scope: "col" }, label)))), made("tbody", {}, ...rows)));
}

async function showApart(n, focus = false) {
  const answer = await insist("/api/label/apart", { ...state.who, n }, "The item can't be shown.");
  if (answer.status !== 200) { trouble(reason(answer), false); return; }
  const one = answer.data;
  agree.open = one;
  agree.pick = one.settled?.code ?? null;
  one.said = agree.pick;
  const open = unsettled();
  const place = open.findIndex((other) => other.n === n);
  $("apart-heading").textContent = place < 0 ? `Settled · item ${n + 1}` : `Open ${place + 1} of ${open.length} · item ${n + 1}`;
  $("agree-work").hidden = false;
  drawItem(one.item, $("apart-item"));
  $("apart-labels").replaceChildren(...one.labels.map((said) => made("div", {}, made("b", {}, made("bdi", {}, said.name), `: ${said.label}`), ...(said.comment ? [textBlock(said.comment)] : []))));
  agree.byKey = drawChoices($("apart-choices"), one, state.overview, choosePick);
  $("apart-choices").querySelector("[role=group]")?.setAttribute("aria-label", "Agreed label");
  $("why").value = one.settled?.comment ?? "";
  $("settle").hidden = !byButtons(state.overview);
  $("settle").disabled = agree.pick === null;
  $("leave").disabled = open.length < 2 && place >= 0;
  if (focus) { $("apart-heading").scrollIntoView({ block: "center" }); $("apart-heading").focus({ preventScroll: true }); }
}

function choosePick(code) {
  agree.pick = code;
  if (!byButtons(state.overview)) { settle(); return; }
  for (const button of $("apart-choices").querySelectorAll(".choice")) button.setAttribute("aria-pressed", String(Number(button.dataset.code) === code));
  $("settle").disabled = false;
}

async function settle() {
  if (agree.busy || agree.pick === null || !agree.open) return;
  agree.busy = true;
  const { n, mark } = agree.open;
  const answer = await insist("/api/label/settle", { ...state.who, n, mark, said: agree.pick, comment: $("why").value }, "Not saved yet.");
  agree.busy = false;
  if (answer.status !== 200) { trouble(`Not saved. ${reason(answer)}`, false); return; }
  trouble("", false);
  taken(answer.data);
  tell(`Saved. ${unsettled().length} open.`);
}

/** Leave the item open and go to the next that is. */
function leave() {
  const open = unsettled();
  const place = open.findIndex((one) => one.n === agree.open?.n);
  const next = open[(place + 1) % open.length];
  if (next) showApart(next.n, true);
}

function allSettled() {
  agree.open = null;
  $("agree-work").hidden = true;
}

function pressedAgree(event) {
  if (!agree.open) return;
  if (event.key === "Enter" && !event.target.closest?.("button, a, summary")) { event.preventDefault(); settle(); } else if (agree.byKey?.(event.key)) event.preventDefault();
}
