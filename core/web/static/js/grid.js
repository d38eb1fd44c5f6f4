/* Lists: moving, choosing and opening rows by keys and pointer, and the bar for chosen rows.

   data-grid        on the <table>; its rows have data-row="<id>" and data-href
   data-row-check   the box of a row, data-grid-all the box for the page
   data-bulk        the <form> shown while rows are chosen; data-bulk-count, data-bulk-clear,
                    data-bulk-everything (a box: all that match, not only the chosen ones)
   data-grid-choose a button of phones: shows the boxes, and a tap on a row chooses it
   J K and arrows move, X chooses, Shift with them extends, E and Enter open, Esc clears. The form is sent
   with the chosen ids as `ids`. The place is kept for going back. */
import { registerKey } from "./keys.js";

class Grid {
  constructor(table) {
    this.table = table;
    this.bar = document.querySelector("[data-bulk]");
    this.last = null;
    table.addEventListener("click", (event) => this.click(event));
    table.addEventListener("change", (event) => this.change(event));
    this.bar?.addEventListener("submit", (event) => this.send(event), true);
    this.bar?.querySelector("[data-bulk-clear]")?.addEventListener("click", () => this.clear());
    this.bar?.querySelector("[data-bulk-everything]")?.addEventListener("change", () => this.show());
    document.querySelector("[data-grid-choose]")?.addEventListener("click", (event) => this.choosing(event.currentTarget));
    this.show();
    this.restore();
  }

  get rows() {
    return [...this.table.querySelectorAll("[data-row]")];
  }

  get current() {
    return this.table.querySelector("[data-row].is-cur");
  }

  get chosen() {
    return [...this.table.querySelectorAll("[data-row-check]:checked")];
  }

  go(row) {
    if (!row) return;
    this.current?.classList.remove("is-cur");
    row.classList.add("is-cur");
    row.scrollIntoView({ block: "nearest" });
    const focus = row.querySelector("a") ?? row.querySelector("[data-row-check]");
    focus?.focus({ preventScroll: true });
    this.keep(row);
    document.dispatchEvent(new CustomEvent("intarsia:row", { detail: row.dataset.row }));
  }

  step(distance, extend) {
    const { rows } = this;
    const from = rows.indexOf(this.current);
    const row = rows[from < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, from + distance))];
    if (extend) this.choose(row, true);
    this.go(row);
  }

  open() {
    const href = this.current?.dataset.href;
    if (!href) return false;
    location.assign(href);
    return true;
  }

  choose(row, on) {
    const box = row?.querySelector("[data-row-check]");
    if (!box) return;
    box.checked = on ?? !box.checked;
    this.last = row;
    this.show();
  }

  /* Cards of a phone have no room for boxes until somebody wants to choose. */
  choosing(button) {
    const on = this.table.classList.toggle("is-choosing");
    button.setAttribute("aria-pressed", String(on));
    if (!on) this.clear();
  }

  clear() {
    for (const box of this.chosen) box.checked = false;
    const everything = this.bar?.querySelector("[data-bulk-everything]");
    if (everything) everything.checked = false;
    this.show();
  }

  click(event) {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    if (event.target.matches("[data-row-check]")) {
      if (event.shiftKey && this.last) this.range(this.last, row, event.target.checked);
      this.last = row;
    } else if (row.dataset.href && !event.target.closest("a, button, input, select, label, form, [data-cell]")) {
      if (this.table.matches(".is-choosing")) this.choose(row);
      else if (getSelection().isCollapsed) this.visit(row, event);
    }
  }

  visit(row, event) {
    this.keep(row);
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  }

  range(from, to, on) {
    const { rows } = this;
    const [start, end] = [rows.indexOf(from), rows.indexOf(to)].sort((a, b) => a - b);
    for (const row of rows.slice(start, end + 1)) {
      const box = row.querySelector("[data-row-check]");
      if (box) box.checked = on;
    }
  }

  change(event) {
    if (event.target.matches("[data-grid-all]")) {
      for (const box of this.table.querySelectorAll("[data-row-check]")) box.checked = event.target.checked;
    }
    this.show();
  }

  show() {
    const count = this.chosen.length;
    for (const row of this.rows) row.classList.toggle("is-sel", Boolean(row.querySelector("[data-row-check]:checked")));
    const all = this.table.querySelector("[data-grid-all]");
    if (all) {
      all.checked = count > 0 && count === this.rows.length;
      all.classList.toggle("is-mixed", count > 0 && !all.checked);
      all.indeterminate = count > 0 && !all.checked;
    }
    if (!this.bar) return;
    this.bar.hidden = count === 0;
    this.bar.querySelector("[data-bulk-count]").textContent = String(count);
  }

  send(event) {
    for (const old of this.bar.querySelectorAll("[data-bulk-id]")) old.remove();
    for (const box of this.chosen) {
      const input = Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: box.value });
      input.dataset.bulkId = "";
      this.bar.append(input);
    }
    if (!this.chosen.length) event.preventDefault();
  }

  keep(row) {
    sessionStorage.setItem(`row ${location.pathname}`, row.dataset.row);
  }

  restore() {
    const id = sessionStorage.getItem(`row ${location.pathname}`);
    const row = id && this.table.querySelector(`[data-row="${CSS.escape(id)}"]`);
    if (row && !this.current) {
      row.classList.add("is-cur");
      row.scrollIntoView({ block: "nearest" });
    }
  }

  keys() {
    registerKey("j", "next row", () => this.step(1, false));
    registerKey("k", "previous row", () => this.step(-1, false));
    registerKey("ArrowDown", "", (event) => this.arrow(event, 1));
    registerKey("ArrowUp", "", (event) => this.arrow(event, -1));
    registerKey("e", "open the row", () => this.open());
    registerKey("Enter", "", (event) => (event.target.closest("a, button, summary") ? false : this.open()));
    if (!this.table.querySelector("[data-row-check]")) return;
    registerKey("x", "choose the row", () => this.choose(this.current ?? this.rows[0]));
    registerKey("Escape", "clear the choice", () => (this.chosen.length ? this.clear() : false));
  }

  arrow(event, distance) {
    if (!this.current && !event.target.closest("[data-grid]")) return false;
    this.step(distance, event.shiftKey);
    return true;
  }
}

const known = new WeakSet();

export function startGrids(root) {
  for (const table of root.querySelectorAll("table[data-grid]")) {
    if (known.has(table)) continue;
    known.add(table);
    new Grid(table).keys();
  }
}
