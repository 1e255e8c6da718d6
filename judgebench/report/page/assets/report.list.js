// A list of any length, of which only the rows in sight are in the page.

class List {
  constructor(opened) {
    this.element = $("list");
    this.rows = $("rows");
    this.board = null;
    this.opened = opened;
    this.found = [];
    this.active = -1;
    this.open = -1;
    this.height = 0;
    this.element.addEventListener("scroll", () => this.draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  show(board, found) {
    const same = this.board === board && this.active >= 0 ? this.found[this.active] : -1;
    this.board = board;
    this.found = found;
    this.active = found.indexOf(same >= 0 ? same : this.open);
    if (this.active < 0 && found.length) this.active = 0;
    // An empty listbox is none.
    this.element.setAttribute("role", found.length ? "listbox" : "group");
    this.rows.style.height = `${found.length * this.rowHeight()}px`;
    this.reveal();
    this.draw();
  }

  rowHeight() {
    if (!this.height) {
      const probe = made("div", { class: "row" });
      this.rows.append(probe);
      this.height = probe.getBoundingClientRect().height || 62;
      probe.remove();
    }
    return this.height;
  }

  draw() {
    const height = this.rowHeight();
    const first = Math.max(0, Math.floor(this.element.scrollTop / height) - 4);
    const last = Math.min(this.found.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + 4);
    const drawn = [];
    for (let i = first; i < last; i += 1) drawn.push(this.row(i));
    this.rows.replaceChildren(...drawn);
    const active = this.active >= first && this.active < last;
    if (active) this.element.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  row(position) {
    const place = this.found[position];
    const board = this.board;
    const isOpen = place === this.open;
    const row = made("div", {
      class: `row${isOpen ? " open" : ""}${position === this.active ? " active" : ""}`,
      id: `row-${position}`,
      role: "option",
      "aria-selected": String(isOpen),
      "aria-setsize": String(this.found.length),
      "aria-posinset": String(position + 1),
    });
    row.style.top = `${position * this.rowHeight()}px`;
    row.dataset.position = String(position);
    row.append(
      made("span", { class: "t", dir: "auto" }, plainText(board.snippet[place] || board.id[place])),
      made("span", { class: "d" }, made("span", { dir: "auto" }, plainText(board.id[place])), made("span", { dir: "auto" }, this.marks(place))),
    );
    return row;
  }

  /** What people say, and what the judge says that is looked at, or how many differ. */
  marks(place) {
    const board = this.board;
    const people = board.people[place] === 2 && board.gold[place] < 0 ? "split" : wordOf(board, board.gold[place]);
    const mine = `${board.head.human ? "people" : "label"} ${people}`;
    if (page.judge === EVERY && board.runs > 1) return `${mine} · ${countOf(board, place, differs)} of ${board.runs} differ`;
    const run = page.judge === EVERY ? 0 : page.judge;
    const said = new Set();
    for (let g = board.start[place]; g < board.start[place + 1]; g += 1) {
      if (board.run[g] === run) said.add(board.word[g] < 0 ? NO_VERDICT : wordOf(board, board.word[g]));
    }
    const name = plainText(board.names[run]);
    return `${mine} · ${name.length <= 14 ? name : "judge"} ${[...said].join(", ") || "–"}`;
  }

  reveal() {
    if (this.active < 0) return;
    const top = this.active * this.rowHeight();
    const view = this.element;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + this.rowHeight() > view.scrollTop + view.clientHeight) view.scrollTop = top + this.rowHeight() - view.clientHeight;
  }

  move(to) {
    if (!this.found.length) return;
    this.active = Math.max(0, Math.min(this.found.length - 1, to));
    this.reveal();
    this.draw();
  }

  mark(place) {
    this.open = place;
    const position = this.found.indexOf(place);
    if (position >= 0) this.active = position;
    this.reveal();
    this.draw();
  }

  /** Open the next (1) or the previous (-1) item. */
  step(by) {
    if (!this.found.length) return;
    const from = this.found.indexOf(this.open);
    const to = from < 0 ? Math.max(0, this.active) : from + by;
    if (to >= 0 && to < this.found.length) this.opened(this.found[to], false);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight()) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in moves) this.move(this.active + moves[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && this.active >= 0) this.opened(this.found[this.active], true);
    else return;
    event.preventDefault();
  }

  click(event) {
    const row = event.target.closest(".row");
    if (row === null) return;
    this.active = Number(row.dataset.position);
    this.opened(this.found[this.active], false);
  }
}
