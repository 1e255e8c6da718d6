"use strict";
// What can be said of an item, on every kind of scale; each gives back what a key does there.

function drawItem(item, host = $("item")) {
  host.replaceChildren(...itemParts(item));
  if (host.id !== "item") return;
  $("criterion").hidden = !item.criterion;
  $("criterion").textContent = item.criterion;
}

function withKey(text, key) {
  return key ? [`${text} `, made("kbd", { "aria-hidden": "true" }, key)] : [text];
}

function drawButtons(host, showing, overview, choose) {
  const short = showing.choices.every((one) => one.text.length <= 3);
  const row = made("div", { class: short ? "choices few" : "choices", role: "group", "aria-label": "Your label" });
  for (const one of showing.choices) {
    const button = made("button", { type: "button", class: "choice", "data-code": one.code, "aria-pressed": String(showing.said === one.code) }, ...withKey(one.text, one.key));
    button.addEventListener("click", (event) => {
      // The second click of a double one would answer the next item.
      if (event.detail <= 1) choose(one.code);
    });
    row.append(button);
  }
  host.replaceChildren(row);
  return (key) => {
    const one = showing.choices.find((choice) => choice.key === key);
    if (one) choose(one.code);
    return Boolean(one);
  };
}

function drawField(host, showing, overview, choose) {
  const select = made("select", { id: `${host.id}-field`, "aria-label": "Your label" }, made("option", { value: "" }, "choose …"));
  for (const one of showing.choices) select.append(made("option", { value: String(one.code), selected: showing.said === one.code }, one.text));
  const save = made("button", { type: "button", class: "main" }, "Save");
  save.addEventListener("click", () => select.value !== "" && choose(Number(select.value)));
  host.replaceChildren(made("p", { class: "moves" }, select, save));
  return (key) => key === "Enter" && select.value !== "" && (choose(Number(select.value)), true);
}

function drawRanking(host, showing, overview, choose) {
  const order = showing.said ? [...showing.said] : showing.choices.map((one) => one.code);
  const list = made("ol", { class: "ranking", "aria-label": "Your ranking, best first" });
  const move = (place, by, focus) => {
    const other = place + by;
    if (other < 0 || other >= order.length) return;
    [order[place], order[other]] = [order[other], order[place]];
    draw();
    tell(`${showing.choices[order[other]].text} is now number ${other + 1}`);
    list.children[other].querySelector(`[data-by="${focus}"]`).focus();
  };
  function draw() {
    list.replaceChildren(...order.map((code, place) => {
      const name = showing.choices[code].text;
      const button = (by, sign, word) => {
        const one = made("button", { type: "button", "data-by": by, "aria-label": `${name} ${word}` }, sign);
        one.addEventListener("click", () => move(place, by, by));
        return one;
      };
      const row = made("li", { "data-code": code }, made("span", { class: "place" }, `${place + 1}.`), made("span", { class: "name" }, name), button(-1, "↑", "up"), button(1, "↓", "down"));
      row.addEventListener("keydown", (event) => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        move(place, by, Number(event.target.dataset.by ?? by));
      });
      return row;
    }));
  }
  draw();
  const save = made("button", { type: "button", class: "main" }, "Save this ranking");
  save.addEventListener("click", (event) => event.detail <= 1 && choose([...order]));
  host.replaceChildren(made("p", { class: "note" }, "Best first: move with the buttons, or with ↑ and ↓ on a focused one."), list, save);
  return () => false;
}

function drawSteps(host, showing, overview, choose) {
  const count = showing.item.steps;
  const said = showing.said ? [...showing.said] : Array(count).fill(null);
  const list = made("fieldset", { class: "steps" }, made("legend", { class: "sr" }, "Each step"));
  const save = made("button", { type: "button", class: "main" }, "Save");
  const inputs = [];
  const refresh = () => {
    const here = said.indexOf(null);
    list.querySelectorAll("div").forEach((row, i) => row.classList.toggle("here", i === here));
    save.disabled = here >= 0;
    inputs.forEach((row, i) => row.forEach((input) => { input.checked = said[i] === Number(input.value); }));
  };
  for (let i = 0; i < count; i += 1) {
    const row = made("div", { role: "radiogroup", "aria-label": `Step ${i + 1}` }, made("span", { class: "name" }, `Step ${i + 1}`));
    inputs.push(showing.choices.map((one) => {
      const input = made("input", { type: "radio", name: `${host.id}-${i}`, value: String(one.code) });
      input.addEventListener("change", () => { said[i] = one.code; refresh(); });
      row.append(made("label", {}, input, ` ${one.text}`));
      return input;
    }));
    list.append(row);
  }
  save.addEventListener("click", (event) => event.detail <= 1 && choose([...said]));
  host.replaceChildren(list, save);
  refresh();
  return (key) => {
    const one = showing.choices.find((choice) => choice.key === key);
    const here = said.indexOf(null);
    if (!one || here < 0) return false;
    said[here] = one.code;
    refresh();
    return true;
  };
}

function drawNumber(host, showing, overview, choose) {
  const input = made("input", { id: `${host.id}-field`, type: "text", inputMode: "decimal", autocomplete: "off", "aria-label": `Your label, ${overview.range}`, value: showing.said ?? "" });
  const save = made("button", { type: "button", class: "main", disabled: !showing.said }, "Save");
  const good = () => input.value.trim() !== "" && Number(input.value) >= overview.low && Number(input.value) <= overview.high;
  input.addEventListener("input", () => { save.disabled = !good(); });
  input.addEventListener("keydown", (event) => event.key === "Enter" && good() && choose(input.value.trim()));
  save.addEventListener("click", (event) => event.detail <= 1 && good() && choose(input.value.trim()));
  host.replaceChildren(made("p", { class: "moves" }, input, save), made("p", { class: "note" }, overview.range));
  return () => false;
}

function drawSet(host, showing, overview, choose) {
  const said = new Set(showing.said ?? []);
  const list = made("fieldset", { class: "steps" }, made("legend", { class: "note" }, "All that apply, or none"));
  const boxes = showing.choices.map((one) => {
    const box = made("input", { type: "checkbox", value: String(one.code), checked: said.has(one.code) });
    list.append(made("label", {}, box, ` ${one.text} `, ...withKey("", one.key)));
    return box;
  });
  const save = made("button", { type: "button", class: "main" }, "Save");
  const words = () => JSON.stringify(showing.choices.filter((one, i) => boxes[i].checked).map((one) => one.text));
  save.addEventListener("click", (event) => event.detail <= 1 && choose(words()));
  host.replaceChildren(list, save);
  return (key) => {
    const place = showing.choices.findIndex((one) => one.key === key);
    if (place >= 0) boxes[place].checked = !boxes[place].checked;
    return place >= 0;
  };
}

const KINDS = { number: drawNumber, set: drawSet, rank: drawRanking, steps: drawSteps };

/** Whether a click on a label is all that it takes; other kinds have a button of their own to save. */
const byButtons = (overview) => !(overview.kind in KINDS) && !overview.typed;

function drawChoices(host, showing, overview, choose) {
  const draw = KINDS[overview.kind] ?? (overview.typed ? drawField : drawButtons);
  return draw(host, showing, overview, choose);
}

/** What was said of a showing, as it would be said again. */
function saidAgain(showing, overview) {
  if (overview.kind !== "set" || showing.said === null) return showing.said;
  return JSON.stringify(showing.choices.filter((one) => showing.said.includes(one.code)).map((one) => one.text));
}

/** What counts: headings, paragraphs, points. */
function drawRubric(rubric) {
  for (const host of [$("guide"), $("agree-guide")]) {
    host.hidden = !rubric.blocks.length;
    host.parentElement.classList.toggle("alone", !rubric.blocks.length);
    const parts = [];
    // The panel has this heading already.
    const titled = rubric.blocks[0]?.kind === "head" && rubric.blocks[0].text.toLowerCase() === "what counts";
    for (const one of rubric.blocks.slice(titled ? 1 : 0)) {
      if (one.kind === "point") {
        if (parts.at(-1)?.tagName !== "UL") parts.push(made("ul"));
        parts.at(-1).append(written(made("li", { dir: "auto" }), one.text));
      } else parts.push(written(made(one.kind === "head" ? "h3" : "p", { dir: "auto" }), one.text));
    }
    host.querySelector(".rub-text").replaceChildren(...parts);
    host.querySelector(".rub-note").textContent = rubric.source ? `From ${rubric.source}. No judge's verdict is shown.` : "No judge's verdict is shown.";
    if (window.innerWidth <= 820) host.open = false;
  }
}

/** How far the others are, by name. */
function drawOthers(people, mine) {
  const told = people.filter((one) => one.name !== mine).map((one) => `${one.name}: ${one.done} of ${one.total}`);
  for (const host of [$("others"), $("end-others")]) {
    host.hidden = !told.length;
    host.textContent = told.join(" · ");
  }
  $("end-agree").hidden = !told.length;
}

function drawProgress(progress) {
  const done = progress.labelled + progress.skipped;
  $("bar").max = progress.total;
  $("bar").value = done;
  $("count").textContent = `${progress.labelled} of ${progress.total} labelled` + (progress.skipped ? `, ${progress.skipped} skipped` : "");
  $("tab-label-count").textContent = `${done} of ${progress.total}`;
}

const figure = (one) => (one ? one.text + (one.interval ? ` (${one.interval})` : "") : "–");

function drawRevealed(found) {
  const rows = found.judges.map((one) => made("tr", {},
    made("th", { scope: "row" }, made("bdi", {}, one.judge)),
    ...(one.error ? [made("td", { colSpan: 4 }, one.error)] : [String(one.items), `${one.headline} ${figure(one.value)}`, one.same, one.usable].map((text) => made("td", { class: "num" }, text)))));
  const head = ["Judge", "Items", "Kappa or its like (95 % interval)", "Same", "Usable"];
  const table = made("table", {}, made("caption", {}, "The judges against you"),
    made("thead", {}, made("tr", {}, ...head.map((text) => made("th", { scope: "col" }, text)))), made("tbody", {}, ...rows));
  const notes = [...new Set(found.judges.flatMap((one) => one.warnings ?? []))].map((text) => made("li", {}, text));
  const own = found.own ? [made("p", {}, `You said the same in both orders on ${found.own.same} of ${found.own.items} items.`)] : [];
  const none = rows.length ? [] : [made("p", {}, "No run here is about this task.")];
  $("revealed").replaceChildren(...none, ...(rows.length ? [made("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": "The judges against you" }, table)] : []),
    made("ul", { class: "note" }, ...notes, made("li", {}, "One person's labels have no human line: two people would not agree on everything either.")), ...own);
  $("revealed").hidden = false;
}

function tell(text) {
  $("said").textContent = text;
}
