"use strict";
// A run as a row: what it is called, its verdict, its figure in a chart beside people, what to do about it.

const ANSWERS = { yes: ["yes", "✓", "Yes"], no: ["no", "✕", "No"], unsure: ["unsure", "?", "Not sure"], alone: ["plain", "", "No human line"], unknown: ["plain", "", "Unknown source"], sample: ["plain", "", "Sample"] };
const COLUMNS = ["Judge", "In a person's place?", "", "95 % interval", "Same", "Usable", "Cost", "Run"];
const TROUBLED = new Set(["stopped", "unanswered", "unreadable"]);

const attention = (run) => TROUBLED.has(run.status) || Boolean(run.error);
function address(path, names) {
  const query = new URLSearchParams(names.map((name) => ["run", name])).toString();
  return query ? `${path}?${query}` : path;
}

function chip(run) {
  const told = (count) => count.toLocaleString("en");
  const count = run.cases ? `${told(run.judged ?? 0)} of ${told(Math.max(run.cases, run.judged ?? 0))}` : "";
  const state = {
    running: ["plain", "…", `Running, ${count}`],
    stopped: ["unsure", "!", `Stopped, ${count}`],
    unanswered: ["no", "✕", "Never reached"],
    unreadable: ["no", "✕", "Unreadable"],
  }[run.status] ?? ANSWERS[run.answer] ?? ["plain", "", run.status === "unmeasured" ? "Measuring …" : "–"];
  return made("span", { class: `chip ${state[0]}` }, ...(state[1] ? [made("span", { "aria-hidden": "true" }, state[1])] : []), state[2]);
}

function day(at) {
  const date = new Date(at);
  const how = date.getFullYear() === new Date().getFullYear() ? { day: "numeric", month: "short" } : { day: "numeric", month: "short", year: "numeric" };
  return made("time", { dateTime: at, title: date.toLocaleString("en-GB") }, date.toLocaleDateString("en-GB", how));
}

/** From where to where the chart of a task reaches: where its figures are, in tenths. */
function axisOf(runs) {
  const bounds = runs.filter((run) => run.status !== "unanswered").flatMap((run) => [run.value, run.human]).filter((one) => one && one.value !== null).flatMap((one) => [one.low ?? one.value, one.high ?? one.value]);
  if (!bounds.length) return null;
  const low = Math.floor(Math.min(...bounds) * 10 - 1e-9) / 10;
  const high = Math.ceil(Math.max(...bounds) * 10 + 1e-9) / 10;
  const step = [0.1, 0.2, 0.5, 1].find((one) => (high - low) / one <= 6) ?? 1;
  const ticks = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9; tick += step) ticks.push(Math.round(tick * 100) / 100);
  return { low, high, ticks, x: (value) => `${(100 * (value - low) / (high - low)).toFixed(2)}%` };
}

const short = (value) => String(value).replace(/^(-?)0(?=\.)/u, "$1").replace("-", "−");

function chart(run, axis) {
  const told = run.value;
  if (run.status === "unanswered") return made("span", { class: "sub" }, "no answer yet");
  if (!told || !axis) return made("span", { class: "sub" }, run.measuring ? "measuring …" : run.status === "unreadable" ? "" : "no figure");
  if (told.value === null) return made("span", { class: "sub" }, told.text);
  const picture = drawing("svg", { role: "img", "aria-label": `${run.judge}: ${run.headline} ${told.text}${told.interval ? `, ${told.interval}` : ""}${run.human?.value ? `; people ${run.human.text}` : ""}` });
  // A little beyond, so that band and grid have no gap where a row is higher.
  const full = { y1: "-4%", y2: "104%" };
  if (run.human && run.human.value !== null) {
    if (run.human.low !== null) picture.append(drawing("rect", { class: "band", x: axis.x(run.human.low), width: `${(100 * (run.human.high - run.human.low) / (axis.high - axis.low)).toFixed(2)}%`, y: "-4%", height: "108%" }));
    picture.append(drawing("line", { class: "hline", x1: axis.x(run.human.value), x2: axis.x(run.human.value), ...full }));
  }
  for (const tick of axis.ticks) picture.append(drawing("line", { class: "grid", x1: axis.x(tick), x2: axis.x(tick), ...full }));
  if (told.low !== null) picture.append(drawing("line", { class: "ci", x1: axis.x(told.low), x2: axis.x(told.high), y1: "50%", y2: "50%" }));
  picture.append(drawing("circle", { class: "dot", cx: axis.x(told.value), cy: "50%", r: "4.5" }));
  return picture;
}

function cost(run) {
  if (run.usd !== null && run.usd !== undefined) return `$${run.usd < 0.1 ? run.usd.toFixed(4) : run.usd.toFixed(2)}`;
  return "–";
}

function tokens(run) {
  if (!run.tokens) return "";
  return run.tokens < 1e6 ? `${Math.max(1, Math.round(run.tokens / 1000))}k tokens` : `${(run.tokens / 1e6).toFixed(1)}M tokens`;
}

function cellsOf(run, axis) {
  const name = run.status === "unreadable" ? made("bdi", {}, run.name) : made("a", { href: address("/report", [run.name]) }, made("bdi", {}, run.judge || run.name));
  const head = [name];
  if (run.sample) head.push(" ", made("span", { class: "tag sample" }, "SAMPLE"));
  const model = run.models?.length && !(run.models.length === 1 && run.judge.endsWith(run.models[0])) ? `version ${run.models.join(", ")}` : "";
  const where = attention(run) ? run.task : "";
  const sub = [where, run.conditions, run.more, model].filter(Boolean).join(" · ");
  const figure = run.value && run.value.value !== null ? [run.value.text, made("span", { class: "sub" }, run.value.interval)] : ["–"];
  const usable = run.status === "unanswered" ? `0 of ${run.cases}` : run.usable ?? "–";
  return [
    ["th", "", [...head, made("span", { class: "sub" }, made("bdi", {}, sub))]],
    ["td", "v", [chip(run)]],
    ["td", "c", [chart(run, axis)]],
    ["td", "r num n", run.status === "unanswered" ? ["–"] : figure],
    ["td", "r num s", [(run.status !== "unanswered" && run.same) || "–", made("span", { class: "sr" }, " the same label")]],
    ["td", "r num u", [usable]],
    ["td", run.usd == null && !run.tokens ? "r num w none" : "r num w", [cost(run), made("span", { class: "sub" }, tokens(run))]],
    ["td", "r num d", [day(run.at)]],
  ].map(([tag, className, children]) => made(tag, tag === "th" ? { scope: "row" } : { class: className }, ...children));
}

/** What to do about a run. */
function advice(run) {
  if (run.error) return run.error;
  if (run.status === "unanswered") return `${run.why ? `${run.why}. ` : ""}Repeat the same command once the judge can be reached; nothing is paid twice.`;
  if (run.failed) return `${run.failed.toLocaleString("en")} of ${run.cases.toLocaleString("en")} calls failed. The same run command asks only those.`;
  if (run.status === "stopped") return "The same run command goes on where it stopped; nothing is paid twice.";
  return "";
}

function groupLine(runs) {
  const run = runs.find((one) => one.items) ?? runs[0];
  const parts = [run.scale, run.items ? `${run.items.toLocaleString("en")} items` : "", run.gold];
  if (run.human && run.human.value !== null) parts.push(`${run.people} people`, `people reach ${run.human.text}`);
  else if (run.among && run.among.value !== null) parts.push(`${run.people} annotators`, `they reach ${run.among.text}`);
  else if (run.items && run.single) parts.push("one label each, so nothing says how far people agree");
  if (run.answer === "unknown") parts.push("with --gold human the table says who can take a person's place");
  const sample = run.sample ? ["rows written for judgebench: they try the plumbing and say nothing about a judge"] : [];
  return [...sample, ...parts].filter(Boolean).join(" · ");
}

function head(headline) {
  const columns = made("colgroup", {}, ...Array.from({ length: 9 }, (_, i) => made("col", { class: `c${i + 1}` })));
  const cells = COLUMNS.map((text, i) => made("th", { scope: "col", class: i === 2 ? "c" : i > 2 ? "r" : "" }, text || headline));
  return [columns, made("thead", {}, made("tr", {}, made("th", { class: "k" }, made("span", { class: "sr" }, "Choose")), ...cells))];
}

function foot(axis) {
  const picture = drawing("svg", { "aria-hidden": "true" });
  axis.ticks.forEach((tick, i) => picture.append(drawing("text", { x: axis.x(tick), y: "14", "text-anchor": tick === axis.low ? "start" : i === axis.ticks.length - 1 && tick === axis.high ? "end" : "middle" }, document.createTextNode(short(tick)))));
  return made("tfoot", { class: "axis" }, made("tr", {}, made("td", { colSpan: 3 }), made("td", { class: "c" }, picture), made("td", { colSpan: 5 })));
}
