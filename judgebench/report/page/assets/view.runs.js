"use strict";
// All runs, looked at again every two seconds; rows stay in place, so that focus and choice do, too.

const EVERY = 2000;
const shown = { runs: [], filter: "all", words: "", task: "", sort: "value" };
const rows = new Map();
const chosen = new Set();

const FILTERS = [
  ["all", "All", () => true],
  ["yes", "Yes", (run) => run.answer === "yes"],
  ["unsure", "Not sure", (run) => run.answer === "unsure"],
  ["no", "No", (run) => run.answer === "no"],
  ["alone", "No human line", (run) => run.answer === "alone"],
  ["unknown", "Unknown source", (run) => run.answer === "unknown"],
  ["running", "Running", (run) => run.status === "running"],
  ["attention", "Needs attention", attention],
  ["sample", "Samples", (run) => run.sample === true],
];

function rowOf(run, axis) {
  const known = rows.get(run.name);
  const seen = JSON.stringify([run, axis && [axis.low, axis.high]]);
  if (known?.seen === seen) return known;
  const row = known ?? newRow(run);
  row.run = run;
  row.seen = seen;
  // Only what changed is drawn anew; the box, which may have the focus, stays.
  const focused = row.element.contains(document.activeElement) && document.activeElement !== row.box;
  row.element.replaceChildren(row.element.firstChild, ...cellsOf(run, axis));
  if (focused) row.element.querySelector("a")?.focus();
  const text = advice(run);
  row.why.hidden = !text;
  row.why.firstChild.textContent = text;
  row.element.classList.toggle("told", Boolean(text));
  row.box.disabled = run.status === "unreadable";
  return row;
}

function newRow(run) {
  const box = made("input", { type: "checkbox", value: run.name, "aria-label": `Choose ${run.judge || run.name} ${run.conditions ?? ""} on ${run.task}` });
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(run.name); else chosen.delete(run.name);
    refreshPick();
  });
  const row = { box, element: made("tr", {}, made("td", { class: "k" }, box)), why: made("tr", { class: "why" }, made("td", { colSpan: 9 })) };
  rows.set(run.name, row);
  return row;
}

const picked = () => shown.runs.filter((run) => chosen.has(run.name) && run.status !== "unreadable");

function refreshPick() {
  const runs = picked();
  const tasks = new Set(runs.map((run) => run.task));
  for (const [name, row] of rows) { row.box.checked = chosen.has(name); row.element.classList.toggle("chosen", chosen.has(name)); }
  $("pick").hidden = runs.length === 0;
  $("chosen").textContent = runs.length === 1 ? "1 run chosen; choose another of the same task to compare" : tasks.size > 1 ? `${runs.length} runs chosen, of ${tasks.size} tasks: only runs of one task are compared` : `${runs.length} runs chosen`;
  $("compare").textContent = runs.length > 2 ? `Compare ${runs.length} judges` : "Compare";
  $("compare").disabled = runs.length < 2 || tasks.size !== 1;
}

const number = (value) => value ?? -Infinity;
const ORDER = {
  value: (a, b) => number(b.value?.value) - number(a.value?.value),
  at: (a, b) => b.at.localeCompare(a.at),
  usd: (a, b) => (a.usd ?? Infinity) - (b.usd ?? Infinity) || 0,
  judge: (a, b) => a.judge.localeCompare(b.judge),
};

function wanted(run) {
  const filter = FILTERS.find(([name]) => name === shown.filter)[2];
  const text = `${run.judge} ${run.conditions} ${run.more} ${run.task} ${run.name} ${(run.models ?? []).join(" ")}`.toLowerCase();
  return filter(run) && (!shown.task || run.task === shown.task) && shown.words.split(" ").every((word) => text.includes(word));
}

const groups = new Map();

function drawGroup(key, title, line, runs, all) {
  const axis = axisOf(all);
  const headline = all.find((run) => run.headline)?.headline ?? "kappa";
  const seen = JSON.stringify([title, line, headline, axis && [axis.low, axis.high]]);
  let group = groups.get(key);
  if (!group) {
    const section = made("section", { class: "group" });
    group = { section, body: made("tbody"), seen: "" };
    groups.set(key, group);
  }
  if (group.seen !== seen) {
    group.seen = seen;
    const name = `g-${[...groups.keys()].indexOf(key)}`;
    group.section.setAttribute("aria-labelledby", name);
    const table = made("table", { class: "runs" }, made("caption", { class: "sr" }, `Runs: ${title}`), ...head(firstUp(headline)), group.body, ...(axis ? [foot(axis)] : []));
    group.section.replaceChildren(made("h2", { id: name }, made("bdi", {}, title)), made("p", { class: "meta" }, line), table);
  }
  const wantedRows = runs.flatMap((run) => { const row = rowOf(run, axis); return row.why.hidden ? [row.element] : [row.element, row.why]; });
  wantedRows.forEach((element, place) => { if (group.body.children[place] !== element) group.body.insertBefore(element, group.body.children[place] ?? null); });
  while (group.body.children.length > wantedRows.length) group.body.lastChild.remove();
  return group.section;
}

function draw() {
  const runs = shown.runs;
  const names = new Set(runs.map((run) => run.name));
  for (const name of rows.keys()) if (!names.has(name)) { rows.get(name).element.remove(); rows.get(name).why.remove(); rows.delete(name); chosen.delete(name); }
  const found = runs.filter(wanted).sort((a, b) => ORDER[shown.sort](a, b) || a.name.localeCompare(b.name));
  const kinds = new Map();
  const put = (key, run) => kinds.set(key, [...(kinds.get(key) ?? []), run]);
  for (const run of found) put(attention(run) ? "\0" : run.task + (run.sample ? "\0sample" : ""), run);
  const keys = [...kinds.keys()].sort((a, b) => (a !== "\0") - (b !== "\0") || a.endsWith("\0sample") - b.endsWith("\0sample") || a.localeCompare(b));
  const sections = keys.map((key) => {
    const mine = kinds.get(key);
    if (key === "\0") return drawGroup(key, "Needs attention", "", mine, mine);
    const all = runs.filter((run) => !attention(run) && run.task === mine[0].task && Boolean(run.sample) === Boolean(mine[0].sample));
    return drawGroup(key, mine[0].task + (mine[0].sample ? ", sample" : ""), groupLine(all), mine, all);
  });
  const host = $("groups");
  sections.forEach((section, place) => { if (host.children[place] !== section) host.insertBefore(section, host.children[place] ?? null); });
  while (host.children.length > sections.length) host.lastChild.remove();
  $("none").hidden = runs.length > 0;
  $("controls").hidden = runs.length === 0;
  $("to-choose").hidden = runs.length < 2;
  $("empty").hidden = found.length > 0 || runs.length === 0;
  drawFilters();
  refreshPick();
}

function drawFilters() {
  const counts = FILTERS.map(([name, word, is]) => [name, word, shown.runs.filter(is).length]).filter(([name, , count]) => count || name === "all" || name === shown.filter);
  const host = $("filters");
  const seen = JSON.stringify([counts, shown.filter]);
  if (host.dataset.seen === seen) return;
  const focused = document.activeElement?.dataset?.filter;
  host.dataset.seen = seen;
  host.replaceChildren(...counts.map(([name, word, count]) => {
    const button = made("button", { type: "button", "aria-pressed": String(name === shown.filter), "data-filter": name }, `${word}: ${count}`);
    button.addEventListener("click", () => { shown.filter = name; draw(); });
    return button;
  }));
  if (focused) host.querySelector(`[data-filter="${focused}"]`)?.focus();
}

/** What the runs say, task by task, in a sentence or two. */
function drawLead(runs) {
  const tasks = [...new Set(runs.map((run) => run.task).filter(Boolean))];
  $("title").textContent = runs.length ? `${runs.length} ${runs.length === 1 ? "run" : "runs"} on ${tasks.length} ${tasks.length === 1 ? "task" : "tasks"}` : "Runs";
  const told = tasks.map((task) => {
    const judged = runs.filter((run) => run.task === task && ["yes", "no", "unsure"].includes(run.answer) && !run.rule);
    const yes = judged.filter((run) => run.answer === "yes").length;
    if (!judged.length) return "";
    if (yes) return `${counted(yes, "judge")} can take a person's place on ${task}`;
    return judged.every((run) => run.answer === "no") ? `on ${task} none can` : `on ${task} that is not sure`;
  }).filter(Boolean).sort((a, b) => a.startsWith("on ") - b.startsWith("on ")).slice(0, 3);
  if (told.length && told[0].startsWith("on ")) told[0] = told[0].replace(/ none can$/u, " no judge can take a person's place").replace(/ that is not sure$/u, " it is not sure whether a judge can take a person's place");
  const first = told.length ? `${firstUp(told.join("; "))}. ` : "";
  const unread = runs.filter(attention).length;
  const never = runs.filter((run) => run.status === "unanswered").length;
  const last = !unread ? "" : firstUp(never === unread ? `${counted(never, "run was", "runs were")} never answered.` : `${counted(unread, "run needs", "runs need")} attention.`);
  const text = first + last;
  if ($("lead").textContent !== text) $("lead").textContent = text;
}

function drawTasks(runs) {
  const tasks = [...new Set(runs.map((run) => run.task).filter(Boolean))].sort((a, b) => a.localeCompare(b));
  const host = $("by-task");
  if (host.dataset.tasks === tasks.join("\n")) return;
  host.dataset.tasks = tasks.join("\n");
  host.replaceChildren(made("option", { value: "" }, "all tasks"), ...tasks.map((task) => made("option", { value: task, selected: task === shown.task }, task)));
}

async function look() {
  try {
    const { runs } = await asked("/api/runs");
    const before = new Map(shown.runs.map((run) => [run.name, run.status]));
    shown.runs = runs;
    for (const run of shown.runs) if (before.get(run.name) === "running" && run.status === "complete") $("said").textContent = `${run.judge} on ${run.task} is complete.`;
    drawLead(shown.runs);
    drawTasks(shown.runs);
    draw();
    $("trouble").hidden = true;
  } catch (error) {
    $("trouble").textContent = error.message;
    $("trouble").hidden = false;
  }
  setTimeout(look, EVERY);
}

$("search").addEventListener("input", () => { shown.words = $("search").value.trim().toLowerCase(); draw(); });
$("by-task").addEventListener("change", () => { shown.task = $("by-task").value; draw(); });
$("sort").addEventListener("change", () => { shown.sort = $("sort").value; draw(); });
$("clear").addEventListener("click", () => { chosen.clear(); refreshPick(); });
$("report").addEventListener("click", () => { location.href = address("/report", picked().map((run) => run.name)); });
// Before is what was asked first.
$("compare").addEventListener("click", () => { location.href = address("/compare", picked().sort((a, b) => a.at.localeCompare(b.at) || a.name.localeCompare(b.name)).map((run) => run.name)); });
look();
