// One item, side by side: what was asked, the responses, what people said, what each judge said.

/** Longer texts are shown in part first. */
const LONG = 20_000;

function textBlock(text) {
  const block = make("div", { class: "text", dir: "auto" });
  writeText(block, text.slice(0, LONG));
  if (text.length <= LONG) return block;
  const more = make("button", { type: "button", text: `Show all ${text.length.toLocaleString("en")} characters` });
  more.addEventListener("click", () => {
    block.replaceChildren();
    writeText(block, text);
    more.remove();
  });
  return make("div", {}, block, make("p", {}, "… ", more));
}

/** An image where the page holds it, its address as text where it does not: nothing is fetched. */
function imageBlock(address) {
  if (/^data:image\//iu.test(address)) return make("img", { src: address, alt: "an image of the item" });
  const shown = address.startsWith("data:") ? `${address.slice(0, 40)}…` : address;
  return writeText(make("p", { class: "soft", dir: "auto" }, "Image, not part of this file: "), shown);
}

function slotName(board, index, count) {
  if (count === 1) return "Response";
  return board.head.kind === "pair" ? "AB"[index] : `${index + 1}`;
}

function orderWords(board, order) {
  if (order.length < 2) return "";
  const names = order.map((index) => slotName(board, index, order.length));
  return order.every((index, slot) => index === slot) ? `shown ${names.join(", ")}` : `shown ${names.join(", ")} (other order)`;
}

function wordOf(board, code) {
  return code < 0 ? NO_VERDICT : plainText(board.words[code]);
}

function verdictChip(board, said) {
  const word = said.word ?? 0;
  const status = board.statuses[said.status ?? 0];
  if (word < 0) return make("span", { class: "chip bad", text: `no verdict: ${status}` });
  const right = said.right ?? 0;
  return make("span", { class: `chip${["", " good", " bad"][right]}`, text: `${["", "✓ ", "✗ "][right]}${wordOf(board, word)}` });
}

function numbers(values) {
  return values.map((value) => String(Number(value.toPrecision(4)))).join(", ");
}

function smallFacts(board, said) {
  const [into = 0, out = 0] = said.tokens ?? [];
  const facts = [
    orderWords(board, said.order ?? []),
    said.repeat ? `asking ${said.repeat + 1}` : "",
    said.probe ? `probe ${plainText(said.probe)}` : "",
    said.scores?.length ? `score ${numbers(said.scores)}` : "",
    said.probabilities?.length ? `probabilities ${numbers(said.probabilities)}` : "",
    into + out ? `${into.toLocaleString("en")} + ${out.toLocaleString("en")} tokens` : "",
    typeof said.usd === "number" ? `$${said.usd.toFixed(5)}` : "",
    said.seconds ? `${said.seconds.toFixed(2)} s` : "",
    said.model ? plainText(said.model) : "",
  ];
  return facts.filter((fact) => fact !== "").join(" · ");
}

/** An item's texts, in the order in which prompts name them. */
function listedTexts(text) {
  const turns = text.turns.flatMap(([, pieces]) => pieces.map(([words]) => words));
  return [...turns, ...text.context, ...text.references.map(([, words]) => words), ...text.responses.map(([words]) => words)];
}

/** The prompt that was sent, put together again of its own words and the item's. */
function sentBlock(board, item, sent, code) {
  const texts = listedTexts(item.text);
  const block = make("details", {}, make("summary", { text: sent.length > 1 ? `The ${sent.length} prompts that were sent` : "The prompt that was sent" }));
  const words = (piece) => {
    if (typeof piece === "number") return board.prompts[piece].replaceAll("\0", code);
    return Array.isArray(piece) ? texts[piece[0]] : piece;
  };
  for (const [role, pieces] of sent.flat()) {
    block.append(make("p", { class: "soft", text: plainText(role) }));
    let text = "";
    const written = () => {
      if (text) block.append(textBlock(text));
      text = "";
    };
    for (const piece of pieces) {
      if (piece.image === undefined) text += words(piece);
      else {
        written();
        block.append(imageBlock(piece.image));
      }
    }
    written();
  }
  return block;
}

function judgmentBlock(board, item, said) {
  const block = make("div", { class: "said" });
  block.append(make("p", {}, verdictChip(board, said), ` ${smallFacts(board, said)}`));
  if (said.can) block.append(make("p", { class: "soft", text: plainText(said.can) }));
  if (said.text) block.append(textBlock(said.text));
  else if (board.head.wanted && !said.parts) block.append(make("p", { class: "soft", text: "No words of the judge are stored." }));
  if (said.error) block.append(writeText(make("p", { class: "bad", dir: "auto" }), said.error));
  if (said.sent && item.text !== null) block.append(sentBlock(board, item, said.sent, said.code ?? item.code));
  for (const part of said.parts ?? []) {
    block.append(make("h6", { dir: "auto", text: plainText(part.name) }), judgmentBlock(board, item, part));
  }
  return block;
}

function judgeCard(board, place, item, run) {
  const outcome = board.outcome[place * board.runs + run];
  const flip = board.flip[place * board.runs + run];
  const card = make("section", { class: "card" }, make("h5", { dir: "auto", text: plainText(board.names[run]) }));
  const state = make("p", { class: ["soft", "good", "bad"][outcome], text: `${["", "✓ ", "✗ "][outcome]}${OUTCOMES[outcome]}` });
  if (flip === 2) state.append(" · verdict changed with the order");
  card.append(state, ...item.said.filter((said) => said.run === run).map((said) => judgmentBlock(board, item, said)));
  return card;
}

function goldList(board, item) {
  const list = make("dl", { class: "facts" });
  for (const [annotator, code] of item.gold) {
    const label = code < 0 ? "no label" : wordOf(board, code);
    list.append(make("dt", { dir: "auto", text: plainText(board.annotators[annotator]) }), make("dd", { text: label }));
  }
  return list;
}

function textSections(board, item) {
  if (item.text === null) {
    return [make("p", { class: "warning", text: whyNoText(board, item) })];
  }
  const { turns, context, references, responses } = item.text;
  const parts = [make("h4", { text: turns.length > 1 ? "Conversation" : "Question" })];
  for (const [role, pieces] of turns) {
    if (turns.length > 1) parts.push(make("p", { class: "soft", text: role }));
    for (const [text, image] of pieces) {
      if (text) parts.push(textBlock(text));
      if (image) parts.push(imageBlock(image));
    }
  }
  if (context.length) parts.push(make("h4", { text: "Context" }), ...context.map(textBlock));
  if (references.length) {
    parts.push(make("h4", { text: "References" }));
    for (const [kind, text] of references) parts.push(make("p", { class: "soft", text: plainText(kind) }), textBlock(text));
  }
  const side = make("div", { class: "side" });
  responses.forEach(([text, images], index) => {
    const system = item.systems?.[index];
    const name = `${slotName(board, index, responses.length)}${system ? ` · ${plainText(system)}` : ""}`;
    const card = make("section", { class: "card" }, make("h5", { dir: "auto", text: name }));
    card.append(text ? textBlock(text) : make("p", { class: "soft", text: "(empty)" }), ...images.map(imageBlock));
    side.append(card);
  });
  parts.push(make("h4", { text: responses.length > 1 ? "Responses" : "Response" }), side);
  return parts;
}

function whyNoText(board, item) {
  if (!board.head.wanted) return "This report was made without texts (--no-texts).";
  if (item.why === 1) return "The texts at hand are not those that were judged, so they are not shown.";
  return "The texts of this item were not at hand when the report was made.";
}

function factList(board, place) {
  const facts = [];
  if (board.subsets[board.subset[place]]) facts.push(["Subset", board.subsets[board.subset[place]]]);
  for (const name of Object.keys(board.attribute)) {
    const value = board.attributes[name][place];
    if (value >= 0) facts.push([name, board.attribute[name][value]]);
  }
  const list = make("dl", { class: "facts" });
  for (const [name, value] of facts) {
    list.append(make("dt", { dir: "auto", text: plainText(name) }), make("dd", { dir: "auto", text: plainText(value) }));
  }
  return facts.length ? list : null;
}

/** Everything about an item, but for the buttons. */
function itemParts(board, place, item) {
  const gold = board.gold[place] < 0 ? "no majority" : wordOf(board, board.gold[place]);
  const judges = make("div", { class: "side" });
  for (let run = 0; run < board.runs; run += 1) {
    if (board.outcome[place * board.runs + run] !== NOT_ASKED) judges.append(judgeCard(board, place, item, run));
  }
  const note = board.head.kind === "pair" ? "A verdict names the response of this page, whichever was shown first; in a judge's own words “A” is the one that it was shown first." : "";
  return [
    factList(board, place),
    ...textSections(board, item),
    make("h4", { text: "Gold" }),
    make("p", {}, make("span", { class: "chip", text: gold }), ` from ${board.head.gold}`),
    goldList(board, item),
    make("h4", { text: board.runs > 1 ? "Judges" : "Judge" }),
    note ? make("p", { class: "soft", text: note }) : null,
    judges,
  ].filter((part) => part !== null);
}
