"use strict";
// The list of runs, looked at again every two seconds; rows stay in place, so that focus and choice do, too.

const EVERY = 2000;
const rows = new Map();

function address(path, names) {
  const query = new URLSearchParams(names.map((name) => ["run", name])).toString();
  return query ? `${path}?${query}` : path;
}

function chosen() {
  return [...rows.values()].filter((row) => row.box.checked && row.data.status !== "unreadable").map((row) => row.data);
}

function refreshButtons() {
  const picked = chosen();
  const tasks = new Set(picked.map((run) => run.task));
  $("do-report").textContent = picked.length === 0 ? "Report of all runs" : picked.length === 1 ? "Report of this run" : `Report of ${picked.length} runs`;
  $("do-compare").textContent = picked.length > 2 ? `Compare ${picked.length} judges` : "Compare two judges";
  $("do-compare").disabled = picked.length < 2 || tasks.size !== 1;
}

function status(run) {
  const count = run.cases ? `${run.judged ?? "…"} of ${Math.max(run.cases, run.judged ?? 0)}` : "";
  return [run.status, count].filter(Boolean).join(", ");
}

function newRow(run) {
  const box = made("input", { type: "checkbox", value: run.name, "aria-label": `Choose ${run.judge} on ${run.task}` });
  box.addEventListener("change", refreshButtons);
  const cells = Array.from({ length: 8 }, (_, i) => made(i ? "td" : "th", i ? {} : { scope: "row" }));
  const row = { box, cells, data: run, element: made("tr", {}, made("td", {}, box), ...cells) };
  rows.set(run.name, row);
  return row;
}

function fill(row, run) {
  const before = row.data.status;
  row.data = run;
  const [judge, task, state, value, agreement, ceiling, coverage, gold] = row.cells;
  const link = made("a", { href: address("/report", [run.name]) }, made("bdi", {}, run.judge || run.name));
  judge.replaceChildren(run.status === "unreadable" ? made("bdi", {}, run.name) : link);
  task.replaceChildren(made("bdi", {}, run.task));
  state.textContent = status(run);
  state.className = `status-${run.status}`;
  if (run.error) value.replaceChildren(made("span", { className: "soft" }, run.error));
  else value.textContent = run.value === undefined ? (run.measuring ? "measuring …" : "–") : `${run.headline} ${run.value}`;
  agreement.textContent = run.agreement ?? "";
  ceiling.textContent = run.ceiling ?? "";
  coverage.textContent = run.coverage ?? "";
  gold.textContent = run.gold ?? "";
  if (before === "running" && run.status === "complete") $("said").textContent = `${run.judge} on ${run.task} is complete.`;
}

function draw(runs) {
  const body = $("rows");
  const names = new Set(runs.map((run) => run.name));
  for (const [name, row] of rows) if (!names.has(name)) { row.element.remove(); rows.delete(name); }
  runs.forEach((run, place) => {
    const row = rows.get(run.name) ?? newRow(run);
    if (body.children[place] !== row.element) body.insertBefore(row.element, body.children[place] ?? null);
    fill(row, run);
  });
  $("none").hidden = runs.length > 0;
  $("chosen").hidden = runs.length === 0;
  refreshButtons();
}

async function look() {
  try {
    const response = await fetch("/api/runs");
    if (!response.ok) throw new Error(response.status === 403 ? "judgebench view was started again: open the address that it prints now." : `The server answered ${response.status}.`);
    const data = await response.json();
    draw(data.runs);
    $("label-link").hidden = !data.tasks;
    $("trouble").hidden = true;
  } catch (error) {
    $("trouble").textContent = error instanceof TypeError ? "The server does not answer: is judgebench view still running?" : error.message;
    $("trouble").hidden = false;
  }
  setTimeout(look, EVERY);
}

$("chosen").addEventListener("submit", (event) => {
  event.preventDefault();
  location.href = address(event.submitter?.value === "compare" ? "/compare" : "/report", chosen().map((run) => run.name));
});
look();
