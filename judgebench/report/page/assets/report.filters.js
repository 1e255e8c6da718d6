// Which items are listed: one kind at a click, what is chosen beside it, what is searched for; and in which order.

// Of a judge on an item: all it says is the label, or not; its verdict changes with the order.
const SAME = 1;
const DIFFERS = 2;
const FLIPPED = 2;
const EVERY = -1;
const ANY = -2;
const NO_VERDICT = "not usable";
const NO_MAJORITY = "no majority";

function judgesOf(board, judge) {
  return judge === EVERY ? [...board.names.keys()] : [judge];
}

function outcomeOf(board, place, run) {
  return board.outcome[place * board.runs + run];
}

/** How far a judge lies from people: steps of a rating with their sign, 1 for another label, null where nobody can say. */
function gapOf(board, place, run) {
  const outcome = outcomeOf(board, place, run);
  const gap = board.gap?.[place * board.runs + run] ?? null;
  if (outcome === DIFFERS) return gap || 1;
  return outcome === SAME ? 0 : null;
}

function unusable(board, place, run) {
  for (let g = board.start[place]; g < board.start[place + 1]; g += 1) {
    if (board.run[g] === run && board.word[g] < 0) return true;
  }
  return false;
}

function countOf(board, place, test) {
  let count = 0;
  for (let run = 0; run < board.runs; run += 1) count += Number(test(board, place, run));
  return count;
}

const differs = (board, place, run) => outcomeOf(board, place, run) === DIFFERS;
const flips = (board, place, run) => board.flip[place * board.runs + run] === FLIPPED;
const far = (board, place, run) => Math.abs(gapOf(board, place, run) ?? 0);

/** The kinds of items that a board has: key, title, and which items are of it. */
function kindsOf(board, judge) {
  const runs = judgesOf(board, judge);
  const some = (test) => (i) => runs.some((run) => test(board, i, run));
  const every = (test) => (i) => runs.every((run) => test(board, i, run));
  const label = { rate: "rating", pair: "choice", pick: "choice", check: "answer" }[board.head.kind] ?? "label";
  const differ = judge === EVERY && board.runs > 1 ? "A judge differs" : "Differs";
  const kinds = [["all", "All", () => true]];
  if (board.gap) {
    kinds.push(["off2", `${differ} by 2 or more`, some((b, i, run) => far(b, i, run) >= 2)]);
    kinds.push(["off1", `${differ} by less than 2`, (i) => some(differs)(i) && !some((b, i_, run) => far(b, i_, run) >= 2)(i)]);
  } else kinds.push(["off", differ, some(differs)]);
  kinds.push(
    ["unusable", "Not usable", some(unusable)],
    ["flips", "Flips with the order", some(flips)],
    ["split", "People split", (i) => board.people[i] === 2 && board.gold[i] < 0],
    ["unlike", "Not all people agree", (i) => board.people[i] === 2 && board.gold[i] >= 0],
    ["judges", "Judges split", (i) => board.judges[i] === 2],
    ["same", `Same ${label}`, every((b, i, run) => outcomeOf(b, i, run) === SAME)],
  );
  return kinds
    .map(([key, title, test]) => ({ key, title, test, count: countItems(board, test) }))
    .filter(({ key, count }) => key === "all" || count > 0);
}

function countItems(board, test) {
  let count = 0;
  for (let i = 0; i < board.id.length; i += 1) count += Number(test(i));
  return count;
}

/** What can be chosen beside the kind: a select each, with what an item has of it. */
function dimensionsOf(board) {
  const said = (i) => {
    const words = new Set();
    for (let g = board.start[i]; g < board.start[i + 1]; g += 1) {
      if (page.judge === EVERY || board.run[g] === page.judge) words.add(wrap(board.word[g], board.words));
    }
    return [...words];
  };
  return [
    { key: "word", title: "Verdict", options: [...board.words, NO_VERDICT], of: said },
    { key: "gold", title: "Label", options: [...board.words, NO_MAJORITY], of: (i) => [wrap(board.gold[i], board.words)] },
    { key: "subset", title: "Part", options: board.subsets, of: (i) => [board.subset[i]] },
    { key: "system", title: "Judged system", options: board.system, of: (i) => board.systems[i] },
    ...Object.keys(board.attribute).map((name) => ({
      key: `is:${name}`,
      title: name,
      options: board.attribute[name],
      of: (i) => [board.attributes[name][i]],
    })),
  ].filter(({ options }) => options.length > 1);
}

function wrap(code, words) {
  return code < 0 ? words.length : code;
}

/** Go through all items: the places that pass, and of every option how many would if it were chosen. */
function sift(board, kind, dimensions, chosen, hits) {
  const counts = new Map(dimensions.map(({ key, options }) => [key, new Int32Array(options.length)]));
  const found = [];
  for (let i = 0; i < board.id.length; i += 1) {
    if ((hits !== null && !hits[i]) || !kind.test(i)) continue;
    const values = dimensions.map(({ of }) => of(i));
    const failing = dimensions.filter(({ key }, d) => (chosen[key] ?? ANY) !== ANY && !values[d].includes(chosen[key]));
    if (failing.length > 1) continue;
    if (!failing.length) found.push(i);
    dimensions.forEach((dimension, d) => {
      if (failing.length && failing[0] !== dimension) return;
      for (const value of values[d]) if (value >= 0) counts.get(dimension.key)[value] += 1;
    });
  }
  return { found, counts };
}

const SORTS = {
  gap: ["largest difference", (board) => descending((i) => widest(board, i) * 1000 + countOf(board, i, differs))],
  odds: ["most judges differ", (board) => descending((i) => countOf(board, i, differs))],
  flips: ["most flips with the order", (board) => descending((i) => countOf(board, i, flips))],
  task: ["order of the data", null],
  id: ["id", (board) => (a, b) => (board.id[a] < board.id[b] ? -1 : board.id[a] > board.id[b] ? 1 : 0)],
};

/** How far the judge that is looked at lies from people, or the farthest of all. */
function widest(board, place) {
  return Math.max(...judgesOf(board, page.judge).map((run) => far(board, place, run)));
}

function descending(value) {
  const known = new Map();
  const of = (i) => {
    if (!known.has(i)) known.set(i, value(i));
    return known.get(i);
  };
  return (a, b) => of(b) - of(a) || a - b;
}

function sorted(board, found, by) {
  const order = SORTS[by][1];
  return order === null ? found : [...found].sort(order(board));
}

// Search.

function wordsOf(query) {
  return query.toLowerCase().split(/\s+/u).filter((word) => word !== "");
}

/** All of an item that a search looks at: its texts, and what judges wrote. */
function haystack(id, item) {
  const parts = [id];
  if (item.text !== null) parts.push(...listedTexts(item.text));
  const words = (said) => [said.text ?? "", said.error ?? "", ...(said.parts ?? []).flatMap(words)];
  parts.push(...item.said.flatMap(words));
  return parts.join("\n").toLowerCase();
}

/** Search in slices: `told(hits, share)` hears of what was found so far; it ends early where `stopped()` says so. */
async function search(board, words, told, stopped) {
  const hits = new Uint8Array(board.id.length);
  const byChunk = new Map();
  for (let i = 0; i < board.id.length; i += 1) {
    hits[i] = Number(contains(board.id[i].toLowerCase(), words));
    if (!byChunk.has(board.chunk[i])) byChunk.set(board.chunk[i], []);
    byChunk.get(board.chunk[i]).push(i);
  }
  let done = 0;
  let last = performance.now();
  for (const [chunk, places] of byChunk) {
    const items = await chunkOf(`${board.name}-${chunk}`);
    for (const i of places) hits[i] ||= Number(contains(haystack(board.id[i], items[board.slot[i]]), words));
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
