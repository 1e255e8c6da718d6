"use strict";

/* Tables sort by a click, or Enter or Space, on a heading. Without this script they are plain tables. */

function keyOf(cell) {
  const given = cell.dataset.sort;
  if (given === undefined) {
    return cell.textContent.trim();
  }
  return given === "" ? "" : Number(given);
}

/* Cells without a figure stay last whichever way a table is sorted. */
function absent(key) {
  return key === "";
}

function compare(a, b, sign) {
  if (absent(a) || absent(b)) {
    return Number(absent(a)) - Number(absent(b));
  }
  if (typeof a === "number" && typeof b === "number") {
    return sign * (a - b);
  }
  return sign * String(a).localeCompare(String(b), "en", { numeric: true });
}

function sortBy(table, column, order) {
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  // What people reach with each other stays first.
  const rows = Array.from(body.rows).filter((row) => row.dataset.first === undefined).map((row) => ({ row, key: keyOf(row.cells[column]) }));
  rows.sort((a, b) => compare(a.key, b.key, sign));
  body.append(...rows.map((one) => one.row));
  for (const head of table.tHead.rows[0].cells) {
    head.removeAttribute("aria-sort");
  }
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", order);
  table.classList.add("sorted");
}

/* Figures are looked at from the top, names and ranks from the start. */
function firstOrder(table, column, rising) {
  const rows = Array.from(table.tBodies[0].rows).filter((row) => row.dataset.first === undefined);
  const first = rows.map((row) => keyOf(row.cells[column])).find((key) => !absent(key));
  return typeof first === "number" && !rising ? "descending" : "ascending";
}

function toggle(table, column, rising) {
  const now = table.tHead.rows[0].cells[column].getAttribute("aria-sort");
  if (now === null) {
    sortBy(table, column, firstOrder(table, column, rising));
  } else {
    sortBy(table, column, now === "ascending" ? "descending" : "ascending");
  }
}

function makeSortable(table) {
  // On a phone rows are cards, and headings are out of sight.
  if (!table.classList.contains("board") && window.matchMedia("(max-width: 720px)").matches) return;
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    // A drawing has no order of its own.
    if (head.classList.contains("c")) return;
    const button = document.createElement("button");
    const title = head.firstChild.textContent;
    button.type = "button";
    button.className = "sorts";
    button.append(...head.childNodes);
    button.addEventListener("click", () => toggle(table, column, /^(rank|place|tier|USD|seconds)/iu.test(title)));
    head.replaceChildren(button);
  });
}

document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
