"use strict";
// What the page does: ask for an item, keep what was said about it, and lose nothing on the way.

/** Milliseconds in which a new item takes no answer: a key that bounces. Double clicks and held keys are known as such. */
const SETTLING = 150;
/** Seconds between attempts to save. */
const PAUSES = [1, 2, 4, 8, 15];
const KEPT = "judgebench-unsaved";

const state = { who: null, overview: null, over: false, showing: null, byKey: null, busy: false, ready: false, watch: 0, since: null, retry: null, panel: "label", drafts: new Map() };

async function post(path, body) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return { status: response.status, data: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, data: {} };
  }
}

function reason(answer) {
  if (answer.status === 0) return GONE;
  if (answer.status === 403) return "judgebench view was started again since. Open the address that it prints now in another tab; this page then goes on.";
  return answer.data.error ?? `The server answered ${answer.status}.`;
}

const worthRetrying = (status) => status === 0 || status === 403 || status === 408 || status === 429 || status >= 500;

function pause(seconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    state.retry = () => { clearTimeout(timer); resolve(); };
  });
}

function trouble(text, again) {
  $("trouble").hidden = !text;
  $("trouble-text").textContent = text;
  $("trouble-again").hidden = !again;
}

/** Ask until there is an answer that asking again would not change. */
async function insist(path, body, what) {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await post(path, body);
    if (!worthRetrying(answer.status)) {
      if (attempt) trouble("", false);
      return answer;
    }
    const seconds = PAUSES[Math.min(attempt, PAUSES.length - 1)];
    trouble(`${what} ${reason(answer)} Trying again in ${seconds} s; keep this page open, nothing is lost.`, true);
    await pause(seconds);
  }
}

function looked() {
  return state.watch + (state.since === null ? 0 : performance.now() - state.since);
}

function watchFromNow() {
  state.watch = 0;
  state.since = document.hidden ? null : performance.now();
}

function keep(unsaved) {
  try {
    if (unsaved) sessionStorage.setItem(KEPT, JSON.stringify(unsaved));
    else sessionStorage.removeItem(KEPT);
  } catch { /* a browser that keeps nothing still saves */ }
}

function kept() {
  try { return JSON.parse(sessionStorage.getItem(KEPT)); } catch { return null; }
}

async function choose(said) {
  if (state.busy || !state.ready) return;
  state.busy = true;
  await save(unsavedOf(said));
}

function unsavedOf(said) {
  const { n, mark } = state.showing;
  return { ...state.who, n, mark, said, comment: $("comment").value, over: state.over, seconds: Math.round(looked() / 100) / 10, attempt: crypto.randomUUID() };
}

/** Before one goes elsewhere: a comment on what was labelled is saved with its label; another waits here. */
async function keepComment() {
  const { n, seen, comment } = state.showing;
  const text = $("comment").value;
  if (text.trim() === comment.trim()) return true;
  if (!seen) { state.drafts.set(n, text); return true; }
  const answer = await insist("/api/label/save", unsavedOf(saidAgain(state.showing, state.overview)), "Comment not saved yet.");
  if (answer.status !== 200) trouble(`The comment was not saved. ${reason(answer)}`, false);
  return answer.status === 200;
}

async function save(unsaved) {
  state.busy = true;
  document.body.setAttribute("aria-busy", "true");
  keep(unsaved);
  const answer = await insist("/api/label/save", unsaved, "Not saved yet.");
  keep(null);
  document.body.removeAttribute("aria-busy");
  state.busy = false;
  if (answer.status !== 200) {
    trouble(`Not saved. ${reason(answer)}`, false);
    await open();
    return;
  }
  trouble("", false);
  state.drafts.delete(unsaved.n);
  Object.assign(state.overview, answer.data.progress);
  const said = unsaved.said === null ? "Skipped" : "Saved";
  if (answer.data.next === null) finish(said);
  else await show(answer.data.next, said);
}

async function show(n, before = "") {
  state.ready = false;
  $("work").dataset.ready = "no";
  const answer = await insist("/api/label/item", { ...state.who, n }, "The item can't be shown.");
  if (answer.status !== 200) {
    trouble(reason(answer), false);
    return;
  }
  const showing = answer.data;
  state.showing = showing;
  $("end").hidden = true;
  $("work").hidden = false;
  drawItem(showing.item);
  state.byKey = drawChoices($("choices"), showing, state.overview, choose);
  $("comment").value = state.drafts.get(n) ?? showing.comment;
  drawProgress(state.overview);
  $("heading").textContent = `Item ${n + 1} of ${state.overview.total}`;
  $("again").hidden = !showing.again;
  $("back").disabled = n === 0;
  $("forth").disabled = !showing.seen;
  tell(`${before}${before ? ". " : ""}Item ${n + 1} of ${state.overview.total}.`);
  window.scrollTo(0, 0);
  $("heading").focus({ preventScroll: true });
  watchFromNow();
  setTimeout(() => {
    if (state.showing !== showing) return;
    state.ready = true;
    $("work").dataset.ready = String(n);
  }, SETTLING);
}

function finish(said = "") {
  state.over = false;
  state.ready = false;
  state.showing = null;
  const { labelled, skipped, total, file, both } = state.overview;
  drawProgress(state.overview);
  $("work").hidden = true;
  $("end").hidden = false;
  $("revealed").hidden = true;
  $("reveal").disabled = false;
  $("end-count").textContent = `${labelled} of ${total} labelled` + (skipped ? `, ${skipped} skipped.` : ".") + (both ? " Each item was shown twice; the first time counts as your label." : "");
  $("end-file").textContent = file;
  $("end-command").textContent = state.overview.command;
  $("end-skipped").hidden = !skipped;
  tell(`${said}${said ? ". " : ""}All items are done.`);
  $("end-title").focus();
}

async function forth() {
  if (!state.ready || state.busy || !state.showing?.seen) return;
  const n = state.showing.n + 1;
  if (!(await keepComment())) return;
  if (n < state.overview.total) await show(n);
  else await open();
}

async function back() {
  if (state.busy || !state.ready || !state.showing.n) return;
  if (await keepComment()) await show(state.showing.n - 1);
}

async function open() {
  const answer = await insist("/api/label/open", { ...state.who, over: state.over }, "Can't begin.");
  if (answer.status !== 200) {
    trouble(reason(answer), false);
    $("start").hidden = false;
    return;
  }
  state.overview = answer.data.overview;
  $("start").hidden = true;
  $("title").textContent = `Label ${state.overview.task}`;
  $("who").textContent = state.overview.annotator;
  $("tabs").hidden = false;
  drawRubric(state.overview.rubric);
  drawOthers(state.overview.people, state.who.annotator);
  drawProgress(state.overview);
  drawAgreeTab();
  history.replaceState(null, "", `/label?${new URLSearchParams(state.who)}${location.hash}`);
  turn(location.hash === "#agree" ? "agree" : "label");
  if (answer.data.next === null) finish();
  else await show(answer.data.next);
}

async function begin(task, annotator) {
  state.who = { task, annotator };
  const unsaved = kept();
  if (unsaved && unsaved.task === task && unsaved.annotator === annotator) {
    // The page was left while a label was on its way.
    const answer = await insist("/api/label/save", unsaved, "Not saved yet.");
    keep(null);
    if (answer.status !== 200) trouble(`A label that was on its way could not be saved. ${reason(answer)}`, false);
  }
  await open();
}

/** Turn to one of the two panels. */
function turn(panel, focus = false) {
  state.panel = panel;
  for (const name of ["label", "agree"]) {
    const here = name === panel;
    $(`panel-${name}`).hidden = !here;
    $(`tab-${name}`).setAttribute("aria-selected", String(here));
    $(`tab-${name}`).tabIndex = here ? 0 : -1;
    if (here && focus) $(`tab-${name}`).focus();
  }
  if (panel === "agree") openAgree();
}

function turned(panel, focus = false) {
  history.replaceState(null, "", `${location.pathname}${location.search}${panel === "agree" ? "#agree" : ""}`);
  turn(panel, focus);
}

async function reveal() {
  $("reveal").disabled = true;
  const answer = await post("/api/label/reveal", state.who);
  if (answer.status === 200) drawRevealed(answer.data);
  else {
    trouble(reason(answer), false);
    $("reveal").disabled = false;
  }
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return;
  if (event.target.closest?.("input:not([type=radio]), select, textarea, [role=tab]")) return;
  if (state.panel === "agree") { pressedAgree(event); return; }
  if (!state.showing) return;
  const moves = { ArrowLeft: back, ArrowRight: forth, s: () => choose(null), S: () => choose(null) };
  const radio = event.target.closest?.("input[type=radio]");
  if (moves[event.key] && !(radio && event.key.startsWith("Arrow"))) {
    event.preventDefault();
    moves[event.key]();
  } else if (state.ready && state.byKey?.(event.key)) event.preventDefault();
}

async function main() {
  $("start").addEventListener("submit", (event) => {
    event.preventDefault();
    trouble("", false);
    $("start").hidden = true;
    begin($("task").value, $("annotator").value.trim());
  });
  $("back").addEventListener("click", back);
  $("forth").addEventListener("click", forth);
  $("skip").addEventListener("click", (event) => event.detail <= 1 && choose(null));
  $("trouble-again").addEventListener("click", () => state.retry?.());
  $("end-back").addEventListener("click", () => show(state.overview.total - 1));
  $("end-skipped").addEventListener("click", () => { state.over = true; open(); });
  $("reveal").addEventListener("click", reveal);
  $("settle").addEventListener("click", (event) => event.detail <= 1 && settle());
  $("leave").addEventListener("click", leave);
  $("end-agree").addEventListener("click", () => turned("agree", true));
  for (const name of ["label", "agree"]) {
    $(`tab-${name}`).addEventListener("click", () => turned(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) { event.preventDefault(); turned(name === "label" ? "agree" : "label", true); }
    });
  }
  document.addEventListener("keydown", pressed);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { state.watch = looked(); state.since = null; } else state.since ??= performance.now();
  });
  window.addEventListener("beforeunload", (event) => { if (state.busy) event.preventDefault(); });
  const given = new URLSearchParams(location.search);
  if (given.get("task") && given.get("annotator")) {
    await begin(given.get("task"), given.get("annotator"));
    return;
  }
  let tasks = [];
  try { tasks = (await asked("/api/tasks")).tasks; } catch (error) { trouble(error.message, false); }
  $("task").replaceChildren(...tasks.map((name) => made("option", { value: name, selected: name === given.get("task") }, name)));
  $("no-tasks").hidden = tasks.length > 0;
  $("start").hidden = false;
}

main();
