/* Lines of a document as a grid for the keyboard.

   data-lines="lines"     around the table; names are lines-<number>-<field>, the order in the page counts
   data-lines-rows        the <tbody>; data-line on each row
   data-lines-template    a row with __n__ in place of the number
   data-lines-add, data-lines-remove, data-lines-grip: the buttons and the handle
   Enter goes down and adds a row at the end, Ctrl-Enter adds, Alt-arrows move a row, a block pasted from a
   spreadsheet fills cells to the right and down. Every change fires "change" on the tbody.
   Inputs within data-properties differ from row to row: they are no cells, and Enter goes to the next of them. */
import { startPickers } from "./picker.js";

const CONTROL = "input:not([type=hidden]), select, textarea";
const CELL = `:is(${CONTROL}):not([data-properties] *)`;

class Lines {
  constructor(root) {
    this.root = root;
    this.rows = root.querySelector("[data-lines-rows]");
    this.template = root.querySelector("[data-lines-template]");
    this.next = this.rows.children.length;
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("paste", (event) => this.paste(event));
  }

  add(focus = true) {
    if (!this.template) return null;
    const holder = document.createElement("template");
    holder.innerHTML = this.template.innerHTML.replaceAll("__n__", String(this.next++));
    const row = holder.content.querySelector("[data-line]");
    this.rows.append(row);
    startPickers(row);
    this.changed();
    if (focus) row.querySelector(CELL)?.focus();
    return row;
  }

  click(event) {
    if (event.target.closest("[data-lines-add]")) this.add();
    const remove = event.target.closest("[data-lines-remove]");
    if (remove) this.remove(remove.closest("[data-line]"));
  }

  remove(row) {
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.changed();
    (near?.querySelector(CELL) ?? this.root.querySelector("[data-lines-add]"))?.focus();
  }

  key(event) {
    const row = event.target.closest("[data-line]");
    if (!row || event.defaultPrevented) return;
    if (event.key === "Enter" && event.ctrlKey) this.add();
    else if (event.key === "Enter" && event.target.closest("[data-properties]")) along(event.target);
    else if (event.key === "Enter" && event.target.matches(CELL) && !event.target.matches("textarea")) this.down(event.target, row);
    else if (event.altKey && event.key === "ArrowUp") this.move(row, row.previousElementSibling, true);
    else if (event.altKey && event.key === "ArrowDown") this.move(row, row.nextElementSibling, false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  down(cell, row) {
    const index = [...row.querySelectorAll(CELL)].indexOf(cell);
    const below = row.nextElementSibling ?? this.add(false);
    const next = below?.querySelectorAll(CELL)[index];
    next?.focus();
    next?.select?.();
  }

  move(row, other, before) {
    if (!other || !this.template) return;
    const focused = document.activeElement;
    if (before) other.before(row);
    else other.after(row);
    focused?.focus();
    this.changed();
  }

  paste(event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const row = event.target.closest("[data-line]");
    if (!row || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const start = [...row.querySelectorAll(CELL)].indexOf(event.target);
    let current = row;
    for (const values of text.replace(/\r/g, "").replace(/\n$/, "").split("\n").map((line) => line.split("\t"))) {
      current ??= this.add(false);
      if (!current) break;
      const cells = [...current.querySelectorAll(CELL)].slice(start);
      values.forEach((value, index) => fill(cells[index], value.trim()));
      current = current.nextElementSibling;
    }
    this.changed();
  }

  changed() {
    this.rows.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function along(control) {
  const all = [...control.closest("[data-properties]").querySelectorAll(CONTROL)];
  all[all.indexOf(control) + 1]?.focus();
}

function fill(cell, value) {
  if (!cell || cell.readOnly || cell.disabled) return;
  if (cell.matches("[data-picker-text]")) {
    /* A pasted title means the record of that title; its picker looks it up. */
    return void cell.dispatchEvent(new CustomEvent("intarsia:resolve", { detail: value }));
  }
  if (cell.matches("select")) {
    const option = [...cell.options].find((o) => o.value === value || o.text === value);
    if (option) cell.value = option.value;
  } else if (cell.type === "checkbox") cell.checked = /^(1|x|yes|true)$/i.test(value);
  else cell.value = value;
  cell.dispatchEvent(new Event("input", { bubbles: true }));
}

const known = new WeakSet();

export function startLines(root) {
  for (const element of root.querySelectorAll("[data-lines]")) {
    if (known.has(element)) continue;
    known.add(element);
    new Lines(element);
  }
}
