// Which items are listed: every condition that is set has to hold, and what is asked of a judge has to hold of one judge.

const OUTCOMES = ["not scored", "agrees with gold", "at odds with gold"];
const NOT_ASKED = 3;
const FLIPS = ["shown in one order only", "held", "changed with the order"];
const PEOPLE = ["one label only", "annotators agree", "annotators differ"];
const JUDGES = ["one judge only", "judges agree", "judges differ"];
const NO_VERDICT = "no verdict";
const ANY = -2;

/** What can be chosen on a board: `ofJudge` conditions look at one judge's verdicts, the others at the item. */
function dimensionsOf(board) {
  const own = [
    { key: "outcome", title: "Judge and gold", ofJudge: true, options: OUTCOMES, first: 2 },
    { key: "judge", title: "Judge", ofJudge: true, options: board.names },
    { key: "word", title: "Verdict", ofJudge: true, options: [...board.words, NO_VERDICT] },
    { key: "gold", title: "Gold label", options: [...board.words, "no majority"], of: (i) => wrap(board.gold[i], board.words) },
    { key: "status", title: "Status", ofJudge: true, options: board.statuses },
    { key: "flip", title: "Order", ofJudge: true, options: FLIPS },
    { key: "subset", title: "Subset", options: board.subsets, of: (i) => board.subset[i] },
    { key: "system", title: "Judged system", options: board.system, several: (i) => board.systems[i] },
    { key: "people", title: "Annotators", options: PEOPLE, of: (i) => board.people[i] },
    { key: "judges", title: "Among judges", options: JUDGES, of: (i) => board.judges[i] },
    ...Object.keys(board.attribute).map((name) => ({
      key: `is:${name}`,
      title: name,
      options: board.attribute[name],
      of: (i) => board.attributes[name][i],
    })),
  ];
  const counts = own.map((dimension) => used(board, dimension));
  return own.filter((dimension, d) => counts[d] > 1 || dimension.key === "outcome");
}

function wrap(code, words) {
  return code < 0 ? words.length : code;
}

/** How many options of a dimension occur, two at most. */
function used(board, dimension) {
  if (dimension.options.length < 2) return dimension.options.length;
  if (dimension.ofJudge) return dimension.key === "flip" ? new Set(board.flip).size : 2;
  const seen = new Set();
  for (let i = 0; i < board.id.length && seen.size < 2; i += 1) {
    for (const value of valuesOf(dimension, i)) seen.add(value);
  }
  return seen.size;
}

function valuesOf(dimension, place) {
  return dimension.several ? dimension.several(place) : [dimension.of(place)];
}

/** Go through all items: the places that pass, and of every option how many would if it were chosen. */
function sift(board, dimensions, chosen, hits) {
  const ofItem = dimensions.filter((dimension) => !dimension.ofJudge);
  const ofJudge = dimensions.filter((dimension) => dimension.ofJudge);
  const counts = new Map(dimensions.map((dimension) => [dimension.key, new Int32Array(dimension.options.length)]));
  const stamps = new Map(ofJudge.map((dimension) => [dimension.key, new Int32Array(dimension.options.length).fill(-1)]));
  const found = [];
  for (let i = 0; i < board.id.length; i += 1) {
    if (hits !== null && !hits[i]) continue;
    const failing = ofItem.filter((dimension) => !passes(dimension, chosen, i));
    if (failing.length > 1) continue;
    const judged = siftJudges(board, ofJudge, chosen, i, failing.length ? null : { counts, stamps });
    if (!judged) continue;
    if (!failing.length) found.push(i);
    for (const dimension of failing.length ? failing : ofItem) {
      for (const value of valuesOf(dimension, i)) if (value >= 0) counts.get(dimension.key)[value] += 1;
    }
  }
  return { found, counts };
}

function passes(dimension, chosen, place) {
  const wanted = chosen[dimension.key] ?? ANY;
  return wanted === ANY || valuesOf(dimension, place).includes(wanted);
}

/** Whether one judge has a judgment of which all holds that is asked; options are tallied on the way. */
function siftJudges(board, dimensions, chosen, place, tally) {
  let any = false;
  for (let g = board.start[place]; g < board.start[place + 1]; g += 1) {
    const run = board.run[g];
    let failing = null;
    let fails = 0;
    for (const { key } of dimensions) {
      const wanted = chosen[key] ?? ANY;
      if (wanted !== ANY && judgmentValue(board, key, place, run, g) !== wanted) {
        failing = key;
        fails += 1;
      }
    }
    if (fails > 1) continue;
    any ||= fails === 0;
    if (tally === null) continue;
    for (const { key } of dimensions) {
      if (fails === 1 && key !== failing) continue;
      const value = judgmentValue(board, key, place, run, g);
      if (tally.stamps.get(key)[value] === place) continue;
      tally.stamps.get(key)[value] = place;
      tally.counts.get(key)[value] += 1;
    }
  }
  return any;
}

function judgmentValue(board, key, place, run, judgment) {
  if (key === "judge") return run;
  if (key === "word") return wrap(board.word[judgment], board.words);
  if (key === "status") return board.status[judgment];
  return board[key][place * board.runs + run];
}

function atOdds(board, place) {
  let count = 0;
  for (let run = 0; run < board.runs; run += 1) count += board.outcome[place * board.runs + run] === 2;
  return count;
}

function flipped(board, place) {
  let count = 0;
  for (let run = 0; run < board.runs; run += 1) count += board.flip[place * board.runs + run] === 2;
  return count;
}

function asked(board, place) {
  let count = 0;
  for (let run = 0; run < board.runs; run += 1) count += board.outcome[place * board.runs + run] !== NOT_ASKED;
  return count;
}

const SORTS = {
  task: ["the task's order", null],
  odds: ["most judges at odds", (board) => descending((i) => atOdds(board, i))],
  flips: ["most changed with the order", (board) => descending((i) => flipped(board, i))],
  gold: ["gold label", (board) => descending((i) => -wrap(board.gold[i], board.words))],
  id: ["id", (board) => (a, b) => (board.id[a] < board.id[b] ? -1 : board.id[a] > board.id[b] ? 1 : 0)],
};

function descending(value) {
  return (a, b) => value(b) - value(a) || a - b;
}

function sorted(board, found, by) {
  const order = SORTS[by][1];
  return order === null ? found : [...found].sort(order(board));
}

// Search.

const SCOPES = {
  all: "everything",
  id: "id",
  question: "question, context, references",
  response: "responses",
  judge: "judges' words",
};

function wordsOf(query) {
  return query.toLowerCase().split(/\s+/u).filter((word) => word !== "");
}

/** All of an item that a search in `scope` looks at. */
function haystack(id, item, scope) {
  const parts = scope === "all" || scope === "id" ? [id] : [];
  if (item.text !== null && (scope === "all" || scope === "question")) {
    parts.push(...item.text.turns.flatMap(([, pieces]) => pieces.map(([text]) => text)), ...item.text.context);
    parts.push(...item.text.references.map(([, text]) => text));
  }
  if (item.text !== null && (scope === "all" || scope === "response")) {
    parts.push(...item.text.responses.map(([text]) => text));
  }
  if (scope === "all" || scope === "judge") {
    const words = (said) => [said.text ?? "", said.error ?? "", ...(said.parts ?? []).flatMap(words)];
    parts.push(...item.said.flatMap(words));
  }
  return parts.join("\n").toLowerCase();
}

/** Search in slices: `told(hits, share)` hears of what was found so far; it ends early where `stopped()` says so. */
async function search(board, query, scope, told, stopped) {
  const words = wordsOf(query);
  const hits = new Uint8Array(board.id.length);
  const byChunk = new Map();
  for (let i = 0; i < board.id.length; i += 1) {
    if (scope === "id" || scope === "all") hits[i] = Number(contains(board.id[i].toLowerCase(), words));
    if (!byChunk.has(board.chunk[i])) byChunk.set(board.chunk[i], []);
    byChunk.get(board.chunk[i]).push(i);
  }
  let done = 0;
  let last = performance.now();
  for (const [chunk, places] of scope === "id" ? [] : byChunk) {
    const items = await chunkOf(`${board.name}-${chunk}`);
    for (const i of places) hits[i] ||= Number(contains(haystack(board.id[i], items[board.slot[i]], scope), words));
    done += 1;
    if (stopped()) return;
    if (performance.now() - last > 120) {
      told(hits, done / byChunk.size);
      await breathe();
      last = performance.now();
      if (stopped()) return;
    }
  }
  told(hits, 1);
}

function contains(text, words) {
  return words.every((word) => text.includes(word));
}
