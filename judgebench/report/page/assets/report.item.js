// One item: what was asked, the answers, every person's label, and every judge's verdict and words side by side.

/** An image where the page holds it, its address as text where it does not: nothing is fetched. */
function imageBlock(address) {
  if (/^data:image\//iu.test(address)) return made("img", { src: address, alt: "an image of the item" });
  const shown = address.startsWith("data:") ? `${address.slice(0, 40)}…` : address;
  return written(made("p", { class: "note", dir: "auto" }, "Image, not part of this file: "), shown);
}

function slotName(board, index) {
  return board.head.kind === "pair" ? "AB"[index] : `${index + 1}`;
}

function orderWords(board, order) {
  if (order.length < 2) return "";
  const names = order.map((index) => slotName(board, index));
  return order.every((index, slot) => index === slot) ? `shown ${names.join(", ")}` : `shown ${names.join(", ")} (other order)`;
}

function wordOf(board, code) {
  return code < 0 ? NO_MAJORITY : plainText(board.words[code]);
}

function numbers(values) {
  return values.map((value) => String(Number(value.toPrecision(4)))).join(", ");
}

function smallFacts(board, said, turned) {
  const [into = 0, out = 0] = said.tokens ?? [];
  const facts = [
    turned ? orderWords(board, said.order ?? []) : "",
    said.repeat ? `asking ${said.repeat + 1}` : "",
    said.probe ? `probe ${plainText(said.probe)}` : "",
    said.scores?.length ? `score ${numbers(said.scores)}` : "",
    said.probabilities?.length ? `probabilities ${numbers(said.probabilities)}` : "",
    into + out ? `${into.toLocaleString("en")} + ${out.toLocaleString("en")} tokens` : "",
    typeof said.usd === "number" ? `$${said.usd.toFixed(5)}` : "",
    said.seconds ? `${said.seconds.toFixed(2)} s` : "",
    said.model ? plainText(said.model) : "",
    said.can ? plainText(said.can) : "",
  ];
  return facts.filter((fact) => fact !== "").join(" · ");
}

/** An item's texts, in the order in which prompts name them. */
function listedTexts(text) {
  const turns = text.turns.flatMap(([, pieces]) => pieces.map(([words]) => words));
  return [...turns, ...text.context, ...text.references.map(([, words]) => words), ...text.responses.map(([words]) => words)];
}

/** The prompts as they were sent, put together again of their own words and the item's; equal ones once, with all judges. */
function sentBlocks(board, item) {
  if (item.text === null) return [];
  const known = new Map();
  for (const said of item.said) {
    if (!said.sent) continue;
    const key = JSON.stringify([said.sent, said.code ?? item.code]);
    if (!known.has(key)) known.set(key, { said, judges: new Set() });
    known.get(key).judges.add(plainText(board.names[said.run]));
  }
  return [...known.values()].map(({ said, judges }) => {
    const whom = board.runs === 1 ? "" : ` to ${[...judges].join(", ")}`;
    const order = board.head.kind === "pair" && known.size > 1 ? orderWords(board, said.order ?? []) : "";
    const what = said.sent.length > 1 ? `The ${said.sent.length} prompts that were sent` : "The prompt that was sent";
    return made(
      "details",
      { class: "fold" },
      made("summary", { dir: "auto" }, `${what}${whom}${order ? `, ${order}` : ""}`),
      sentBlock(board, item, said.sent, said.code ?? item.code),
    );
  });
}

function sentBlock(board, item, sent, code) {
  const texts = listedTexts(item.text);
  const block = made("div");
  const words = (piece) => {
    if (typeof piece === "number") return board.prompts[piece].replaceAll("\0", code);
    return Array.isArray(piece) ? texts[piece[0]] : piece;
  };
  for (const [role, pieces] of sent.flat()) {
    block.append(made("p", { class: "note" }, plainText(role)));
    let text = "";
    const ended = () => {
      if (text) block.append(made("pre", { tabindex: "0", role: "region", "aria-label": `prompt, ${plainText(role)}` }, textBlock(text)));
      text = "";
    };
    for (const piece of pieces) {
      if (piece.image === undefined) text += words(piece);
      else {
        ended();
        block.append(imageBlock(piece.image));
      }
    }
    ended();
  }
  return block;
}

/** Whether some judgment of an item was shown in another order than the item's own. */
function anyTurned(item) {
  return item.said.some((said) => (said.order ?? []).some((index, slot) => index !== slot));
}

/** Whether a verdict is people's, or how far it is from theirs. */
function against(board, place, said) {
  const right = said.right ?? 0;
  if ((said.word ?? 0) < 0) return made("span", { class: "off" }, "not usable");
  if (right === 0) return made("span", { class: "note" }, "–");
  if (right === 1) return made("span", { class: "same" }, "same");
  const { values } = board.head;
  const gap = board.gap && values.length ? values[said.word ?? 0] - values[board.gold[place]] : null;
  const text = gap === null || Number.isNaN(gap) ? "differs" : `${gap > 0 ? "+" : "−"}${Number(Math.abs(gap).toFixed(2))}`;
  return made("span", { class: "off" }, text);
}

/** A judge's own words, with what it was shown and what that took. */
function wordsBlock(board, said, turned) {
  const block = made("div");
  if (said.text) block.append(textBlock(said.text));
  if (said.error) block.append(written(made("p", { class: "off", dir: "auto" }), said.error));
  for (const part of said.parts ?? []) {
    const word = (part.word ?? 0) < 0 ? NO_VERDICT : wordOf(board, part.word ?? 0);
    block.append(made("p", {}, made("b", { dir: "auto" }, plainText(part.name)), `: ${word}`), wordsBlock(board, part, false));
  }
  const facts = smallFacts(board, said, turned);
  if (facts) block.append(made("span", { class: "sub", dir: "auto" }, facts));
  return block;
}

function judgeTable(board, place, item) {
  const heads = ["Judge", { rate: "Rating", pair: "Choice", pick: "Choice" }[board.head.kind] ?? "Verdict", board.head.human ? "vs people" : "vs label", "In its words"];
  const body = made("tbody");
  const turned = anyTurned(item);
  for (const said of item.said) {
    const status = board.statuses[said.status ?? 0];
    const word = (said.word ?? 0) < 0 ? `– (${status})` : wordOf(board, said.word ?? 0);
    const name = made("th", { scope: "row", dir: "auto" }, plainText(board.names[said.run]));
    if (flips(board, place, said.run)) name.append(made("span", { class: "sub" }, "flips with the order"));
    body.append(
      made("tr", {}, name, made("td", { dir: "auto" }, word), made("td", { class: "num" }, against(board, place, said)), made("td", { class: "words" }, wordsBlock(board, said, turned))),
    );
  }
  const head = made("thead", {}, made("tr", {}, ...heads.map((text) => made("th", { scope: "col" }, text))));
  return made("table", { class: "verd" }, head, body);
}

function peopleBlock(board, place, item) {
  const label = board.gold[place] < 0 ? NO_MAJORITY : wordOf(board, board.gold[place]);
  const row = made("ul", { class: "people-row" });
  for (const [annotator, code] of item.gold) {
    const own = code < 0 ? "no label" : wordOf(board, code);
    const out = board.gold[place] >= 0 && own !== label;
    row.append(made("li", { class: out ? "out" : null }, made("b", { dir: "auto" }, own), made("span", { dir: "auto" }, plainText(board.annotators[annotator]))));
  }
  return [made("h4", { dir: "auto" }, `${board.head.human ? "People" : `Label (${board.head.gold})`}: ${label}`), row];
}

/** Name a reference by its kind, unless it is what goes without saying. */
function referenceName(kind) {
  return kind === "human" ? "Reference" : `Reference: ${plainText(kind)}`;
}

function textParts(board, item) {
  if (item.text === null) return [made("p", { class: "alert" }, whyNoText(board, item))];
  const { turns, context, references, responses } = item.text;
  const parts = [];
  for (const [role, pieces] of turns) {
    const quote = made("div", { class: "quote" });
    if (turns.length > 1) quote.append(made("span", { class: "sub" }, plainText(role)));
    for (const [text, image] of pieces) {
      if (text) quote.append(textBlock(text));
      if (image) quote.append(imageBlock(image));
    }
    if (quote.childElementCount) parts.push(quote);
  }
  if (context.length) parts.push(made("h4", {}, "Context"), ...context.map((text) => textBlock(text)));
  for (const [kind, text] of references) parts.push(made("h4", { dir: "auto" }, referenceName(kind)), textBlock(text));
  const side = made("div", { class: responses.length > 1 ? "cols two" : "" });
  responses.forEach(([text, images], index) => {
    const system = item.systems?.[index];
    const answer = responses.length === 1 ? "What was judged" : `Answer ${slotName(board, index)}`;
    const name = `${answer}${system ? ` · ${plainText(system)}` : ""}`;
    const card = made("section", { class: "response" }, made("h4", { dir: "auto" }, name));
    card.append(text ? textBlock(text) : made("p", { class: "note" }, "(empty)"), ...images.map(imageBlock));
    side.append(card);
  });
  if (responses.length) parts.push(side);
  return parts;
}

function whyNoText(board, item) {
  if (!board.head.wanted) return "This report was made without texts (--no-texts).";
  if (item.why === 1) return "The texts at hand are not those that were judged, so they are not shown.";
  return "The texts of this item were not at hand when the report was made.";
}

function factList(board, place) {
  const facts = [];
  if (board.subsets[board.subset[place]]) facts.push(["part", board.subsets[board.subset[place]]]);
  for (const name of Object.keys(board.attribute)) {
    const value = board.attributes[name][place];
    if (value >= 0) facts.push([name, board.attribute[name][value]]);
  }
  const list = made("dl", { class: "facts" });
  for (const [name, value] of facts) {
    list.append(made("dt", { dir: "auto" }, plainText(name)), made("dd", { dir: "auto" }, plainText(value)));
  }
  return facts.length ? list : null;
}

/** What is special about an item, for the judge that is looked at. */
function tagOf(board, place) {
  if (board.gold[place] < 0) return board.people[place] === 2 ? "people split" : "";
  const off = widest(board, place);
  if (off) return board.gap ? `differs by ${Number(off.toFixed(2))}` : "differs";
  return judgesOf(board, page.judge).some((run) => unusable(board, place, run)) ? "answer can't be used" : "same";
}

/** Everything about an item below its heading. */
function itemParts(board, place, item) {
  const note = board.head.kind === "pair" ? "A verdict names the answer of this page, whichever was shown first; in a judge's own words “A” may be the other one." : "";
  const people = made("div", {}, ...peopleBlock(board, place, item), ...sentBlocks(board, item));
  const judges = made("div", {}, made("h4", {}, board.runs > 1 ? "Judges" : "Judge"), judgeTable(board, place, item));
  if (note && anyTurned(item)) judges.append(made("p", { class: "note" }, note));
  return [...textParts(board, item), made("div", { class: "cols" }, people, judges), factList(board, place)].filter((part) => part !== null);
}
