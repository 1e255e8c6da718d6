"use strict";
// What the page shows. Texts only ever become text nodes.

function drawn(parts) {
  return parts.map((part) => {
    if (part.image !== undefined) return made("img", { src: part.image, alt: "an image of the item" });
    if (part.note !== undefined) return made("p", { className: "soft" }, part.note);
    return made("p", { className: "text", dir: "auto" }, part.text);
  });
}

function block(title, parts, level = "h3") {
  return made("section", { className: "block" }, made(level, {}, title), ...drawn(parts));
}

const ROLES = { user: "User", assistant: "Assistant", system: "System" };

function drawItem(item) {
  const turns = item.conversation;
  const parts = turns.map((turn) => block(turns.length === 1 ? "Question" : ROLES[turn.role] ?? turn.role, turn.parts));
  item.context.forEach((text, i) => parts.push(block(item.context.length > 1 ? `Document ${i + 1}` : "Document", [{ text }])));
  item.references.forEach((text, i) => parts.push(block(item.references.length > 1 ? `Reference answer ${i + 1}` : "Reference answer", [{ text }])));
  const responses = made("div", { className: item.responses.length === 2 ? "responses two" : "responses" });
  for (const one of item.responses) responses.append(block(one.name, one.parts));
  $("item").replaceChildren(...parts, responses);
  $("criterion").hidden = !item.criterion;
  $("criterion").textContent = item.criterion;
}

function withKey(text, key) {
  return key ? [text + " ", made("kbd", { "aria-hidden": "true" }, key)] : [text];
}

function drawButtons(showing, choose) {
  const short = showing.choices.every((one) => one.text.length <= 3);
  const row = made("div", { className: short ? "buttons few" : "buttons", role: "group", "aria-label": "Your label" });
  for (const one of showing.choices) {
    const button = made("button", { type: "button", className: "choice", "data-code": one.code, "aria-pressed": String(showing.said === one.code) }, ...withKey(one.text, one.key));
    button.addEventListener("click", (event) => {
      // The second click of a double one would answer the next item.
      if (event.detail <= 1) choose(one.code);
    });
    row.append(button);
  }
  $("choices").replaceChildren(row);
  return (key) => {
    const one = showing.choices.find((choice) => choice.key === key);
    if (one) choose(one.code);
    return Boolean(one);
  };
}

function drawField(showing, choose) {
  const select = made("select", { id: "field", "aria-label": "Your label" }, made("option", { value: "" }, "choose …"));
  for (const one of showing.choices) select.append(made("option", { value: String(one.code), selected: showing.said === one.code }, one.text));
  const save = made("button", { type: "button", className: "main" }, "Save");
  save.addEventListener("click", () => select.value !== "" && choose(Number(select.value)));
  $("choices").replaceChildren(made("p", { className: "buttons" }, select, save));
  return (key) => key === "Enter" && select.value !== "" && (choose(Number(select.value)), true);
}

function drawRanking(showing, choose) {
  const order = showing.said ? [...showing.said] : showing.choices.map((one) => one.code);
  const list = made("ol", { className: "ranking", "aria-label": "Your ranking, best first" });
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
      const row = made("li", { "data-code": code }, made("span", { className: "place" }, `${place + 1}.`), made("span", { className: "name" }, name), button(-1, "↑", "up"), button(1, "↓", "down"));
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
  const save = made("button", { type: "button", className: "main" }, "Save this ranking");
  save.addEventListener("click", (event) => event.detail <= 1 && choose([...order]));
  $("choices").replaceChildren(made("p", { className: "soft" }, "Best first: move with the buttons, or with ↑ and ↓ on a focused one."), list, save);
  return () => false;
}

function drawSteps(showing, choose) {
  const count = showing.item.steps;
  const said = showing.said ? [...showing.said] : Array(count).fill(null);
  const list = made("fieldset", { className: "steps" }, made("legend", { className: "unseen" }, "Each step"));
  const save = made("button", { type: "button", className: "main" }, "Save");
  const inputs = [];
  const refresh = () => {
    const here = said.indexOf(null);
    list.querySelectorAll("div").forEach((row, i) => row.classList.toggle("here", i === here));
    save.disabled = here >= 0;
    inputs.forEach((row, i) => row.forEach((input) => { input.checked = said[i] === Number(input.value); }));
  };
  for (let i = 0; i < count; i += 1) {
    const row = made("div", { role: "radiogroup", "aria-label": `Step ${i + 1}` }, made("span", { className: "name" }, `Step ${i + 1}`));
    inputs.push(showing.choices.map((one) => {
      const input = made("input", { type: "radio", name: `step-${i}`, value: String(one.code) });
      input.addEventListener("change", () => { said[i] = one.code; refresh(); });
      row.append(made("label", {}, input, ` ${one.text}`));
      return input;
    }));
    list.append(row);
  }
  save.addEventListener("click", (event) => event.detail <= 1 && choose([...said]));
  $("choices").replaceChildren(list, save);
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

function drawNumber(showing, overview, choose) {
  const input = made("input", { id: "field", type: "text", inputMode: "decimal", autocomplete: "off", "aria-label": `Your label, ${overview.range}`, value: showing.said ?? "" });
  const save = made("button", { type: "button", className: "main", disabled: !showing.said }, "Save");
  const good = () => input.value.trim() !== "" && Number(input.value) >= overview.low && Number(input.value) <= overview.high;
  input.addEventListener("input", () => { save.disabled = !good(); });
  input.addEventListener("keydown", (event) => event.key === "Enter" && good() && choose(input.value.trim()));
  save.addEventListener("click", (event) => event.detail <= 1 && good() && choose(input.value.trim()));
  $("choices").replaceChildren(made("p", { className: "buttons" }, input, made("span", { className: "soft" }, overview.range), save));
  return () => false;
}

function drawSet(showing, choose) {
  const said = new Set(showing.said ?? []);
  const list = made("fieldset", { className: "steps" }, made("legend", { className: "soft" }, "All that apply, or none"));
  const boxes = showing.choices.map((one) => {
    const box = made("input", { type: "checkbox", value: String(one.code), checked: said.has(one.code) });
    list.append(made("label", {}, box, ` ${one.text} `, ...withKey("", one.key)));
    return box;
  });
  const save = made("button", { type: "button", className: "main" }, "Save");
  const words = () => JSON.stringify(showing.choices.filter((one, i) => boxes[i].checked).map((one) => one.text));
  save.addEventListener("click", (event) => event.detail <= 1 && choose(words()));
  $("choices").replaceChildren(list, save);
  return (key) => {
    const place = showing.choices.findIndex((one) => one.key === key);
    if (place >= 0) boxes[place].checked = !boxes[place].checked;
    return place >= 0;
  };
}

function drawChoices(showing, overview, choose) {
  if (overview.kind === "number") return drawNumber(showing, overview, choose);
  if (overview.kind === "set") return drawSet(showing, choose);
  if (overview.kind === "rank") return drawRanking(showing, choose);
  if (overview.kind === "steps") return drawSteps(showing, choose);
  return (overview.typed ? drawField : drawButtons)(showing, choose);
}

function drawProgress(progress) {
  const done = progress.labelled + progress.skipped;
  $("bar").max = progress.total;
  $("bar").value = done;
  $("count").textContent = `${progress.labelled} of ${progress.total} labelled` + (progress.skipped ? `, ${progress.skipped} skipped` : "");
}

function drawRevealed(found) {
  const rows = found.judges.map((one) => made("tr", {},
    made("th", { scope: "row" }, made("bdi", {}, one.judge)),
    ...(one.error ? [made("td", { colSpan: 4 }, one.error)] : [String(one.items), `${one.headline} ${one.value}`, one.agreement, one.coverage].map((text) => made("td", {}, text)))));
  const head = ["Judge", "Items", "Headline [95 %]", "Share agreed [95 %]", "Coverage"];
  const table = made("table", {}, made("caption", {}, "The judges against you"),
    made("thead", {}, made("tr", {}, ...head.map((text) => made("th", { scope: "col" }, text)))), made("tbody", {}, ...rows));
  const notes = [...new Set(found.judges.flatMap((one) => one.warnings ?? []))].map((text) => made("li", {}, text));
  const own = found.own ? [made("p", {}, `You said the same in both orders on ${found.own.same} of ${found.own.items} items.`)] : [];
  const none = rows.length ? [] : [made("p", {}, "No run here is about this task.")];
  $("revealed").replaceChildren(...none, ...(rows.length ? [made("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "The judges against you" }, table)] : []),
    made("ul", { className: "soft" }, ...notes, made("li", {}, "One person's labels have no human ceiling: two people would not agree on everything either.")), ...own);
  $("revealed").hidden = false;
}

function tell(text) {
  $("said").textContent = text;
}
