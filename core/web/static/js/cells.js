/* Cells of a list that are changed in place, like those of a spreadsheet.

   data-cells    on the table: address of the entity, with data-query the state of the list
   data-cell     a cell by its field; one of them is reached by Tab, arrows go on from there
   Enter, F2, a second click or any letter open the input. Enter saves and goes down, Tab saves and goes on,
   Esc leaves the value as it was. A refusal stands at the cell, which stays open. */
import { startPickers } from "./picker.js";
import { getPiece, send } from "./requests.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const table = document.querySelector("table[data-cells]");
let open = null;
/* What is typed while the input is on its way: {cell, text, then}. */
let coming = null;
/* The cell that is to be opened once the save of another one is through. */
let wish = null;

const rowOf = (cell) => cell.closest("[data-row]");
const cellsOf = (row) => [...row.querySelectorAll("[data-cell]")];
const rows = () => [...table.querySelectorAll("[data-row]")].filter((row) => !row.hidden);

function addressOf(cell) {
  return `${table.dataset.cells}/${rowOf(cell).dataset.row}/cells/${cell.dataset.cell}?${table.dataset.query}`;
}

function focus(cell) {
  if (!cell) return;
  for (const old of table.querySelectorAll('[data-cell][tabindex="0"]')) old.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function beside(cell, right, down) {
  const all = rows();
  const row = all[all.indexOf(rowOf(cell)) + down];
  if (down) return row?.querySelector(`[data-cell="${CSS.escape(cell.dataset.cell)}"]`);
  const own = cellsOf(rowOf(cell));
  const next = own[own.indexOf(cell) + right];
  if (next) return next;
  const other = all[all.indexOf(rowOf(cell)) + right];
  return other && cellsOf(other).at(right > 0 ? 0 : -1);
}

function explain(cell, text, extra = null) {
  cell.querySelector(".cellhint")?.remove();
  const hint = Object.assign(document.createElement("span"), { className: "cellhint" });
  hint.setAttribute("role", "alert");
  hint.id = "cell-hint";
  hint.append(text);
  if (extra) hint.append(extra);
  cell.append(hint);
  const input = inputOf(cell);
  input?.setAttribute("aria-invalid", "true");
  input?.setAttribute("aria-describedby", hint.id);
}

function inputOf(cell) {
  return cell.querySelector("[data-picker-text], [type=checkbox], [type=radio]:checked, select, textarea, input:not([type=hidden])");
}

const written = (form) => JSON.stringify([...new FormData(form)]);

async function edit(cell, typed = null) {
  if (open?.cell.classList.contains("is-saving")) wish = cell;
  if (open || coming) return;
  coming = { cell, text: typed, then: null };
  cell.classList.add("is-saving");
  const answer = await getPiece(addressOf(cell));
  cell.classList.remove("is-saving");
  const { text, then } = coming;
  coming = null;
  if (!answer.ok) {
    explain(cell, answer.detail);
    cell.addEventListener("blur", () => cell.querySelector(".cellhint")?.remove(), { once: true });
    return;
  }
  const before = [...cell.childNodes].filter((node) => !node.classList?.contains("cellhint"));
  cell.innerHTML = answer.text;
  cell.classList.add("is-edit");
  cell.removeAttribute("tabindex");
  const form = cell.querySelector("form");
  open = { cell, form, before, start: written(form), failed: "" };
  startPickers(cell);
  const input = inputOf(cell);
  input?.focus();
  if (text !== null && input?.matches("input:not([type=checkbox], [type=radio]), textarea")) {
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  } else {
    input?.select?.();
  }
  if (then) commit(...then);
}

const wayOf = (event) =>
  event.key === "Tab" ? [event.shiftKey ? -1 : 1, 0, true] : [0, event.shiftKey ? -1 : 1];

function comingKey(event) {
  if (event.key === "Enter" || event.key === "Tab") coming.then = wayOf(event);
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) coming.text = (coming.text ?? "") + event.key;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function close() {
  const { cell, before } = open;
  open = null;
  cell.classList.remove("is-edit", "is-saving");
  cell.replaceChildren(...before);
  cell.tabIndex = 0;
  return cell;
}

/* The cells stay where they are, so that whoever stands on one keeps his place. */
function renew(row, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  const fresh = holder.content.querySelector("[data-row]");
  if (!fresh) return row.remove();
  const kept = ["is-cur", "is-sel"].filter((name) => row.classList.contains(name));
  row.className = fresh.className;
  row.classList.add(...kept);
  const cells = [...fresh.children];
  [...row.children].forEach((cell, place) => {
    if (place && cells[place]) cell.replaceChildren(...cells[place].childNodes);
  });
}

/* `right` and `down` say where to go after the save, `again` whether to edit there. */
async function commit(right = 0, down = 0, again = false, accept = false) {
  const { cell, form, start } = open;
  const now = written(form);
  const { cell: field } = cell.dataset;
  const row = rowOf(cell);
  const id = row.dataset.row;
  const go = () => {
    const here = table.querySelector(`[data-row="${id}"] [data-cell="${CSS.escape(field)}"]`);
    const target = here && (right || down ? beside(here, right, down) ?? here : here);
    if (right || down || again) focus(target);
    if (again && target !== here) edit(target);
  };
  if (now === start && !accept) {
    close();
    return go();
  }
  if (cell.classList.contains("is-saving")) return;
  cell.classList.add("is-saving");
  const body = new FormData(form);
  if (accept) body.set("accept", "1");
  const { ok, data } = await send(addressOf(cell), body);
  cell.classList.remove("is-saving");
  if (ok || data.row) {
    const stays = document.activeElement === document.body || cell.contains(document.activeElement);
    close();
    renew(row, data.row);
    if (ok) toast({ text: data.text, undo: data.undo });
    else toast({ text: say("It was not saved."), sub: data.detail, tone: "bad" });
    if (!wish && (ok || stays)) go();
    const next = wish;
    wish = null;
    if (next?.isConnected) edit(next);
    return;
  }
  wish = null;
  open.failed = now;
  explain(cell, data.detail, wayOut(data));
  inputOf(cell)?.focus();
}

function wayOut(data) {
  if (data.warning) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: say("Save anyway") });
    button.addEventListener("click", () => commit(0, 1, false, true));
    return button;
  }
  if (!data.mend) return null;
  return Object.assign(document.createElement("a"), { href: data.mend, textContent: say("Open the form") });
}

function editingKey(event) {
  if (event.key === "Escape") focus(close());
  else if (event.key === "Enter" && !event.target.matches("button, a")) commit(...wayOf(event));
  else if (event.key === "Tab" && !event.target.matches(".cellhint *")) commit(...wayOf(event));
  else return event.stopPropagation();
  event.preventDefault();
  event.stopPropagation();
}

function movingKey(event, cell) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const flip = document.documentElement.dir === "rtl" ? -1 : 1;
  const steps = { ArrowRight: [flip, 0], ArrowLeft: [-flip, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  if (event.key in steps && !event.shiftKey) focus(beside(cell, ...steps[event.key]));
  else if (event.key === "Enter" || event.key === "F2") edit(cell);
  else if (event.key.length === 1 && event.key !== " ") edit(cell, event.key);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function keydown(event) {
  const cell = event.target.closest("[data-cell]");
  if (!cell) return;
  if (coming?.cell === cell) comingKey(event);
  else if (open?.cell === cell) editingKey(event);
  else if (event.target === cell) movingKey(event, cell);
}

let pressed = null;

function click(event) {
  const cell = event.target.closest("[data-cell]");
  if (!cell || open?.cell === cell || event.target.closest("a, button")) return;
  if (pressed === cell) edit(cell);
  else focus(cell);
}

function left(event) {
  if (!open || open.cell.contains(event.relatedTarget)) return;
  const { form, failed } = open;
  // What was refused stays open with its reason until it is changed or given up.
  if (written(form) !== failed && !open.cell.classList.contains("is-saving")) commit();
}

function start() {
  if (matchMedia("(max-width: 640px)").matches) {
    // On a phone rows are cards; a touch opens the record.
    for (const cell of table.querySelectorAll("[data-cell]")) {
      cell.removeAttribute("data-cell");
      cell.removeAttribute("tabindex");
    }
    return;
  }
  table.addEventListener("keydown", keydown);
  table.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("[data-cell]");
    pressed = cell && document.activeElement === cell ? cell : null;
  });
  table.addEventListener("click", click);
  table.addEventListener("submit", (event) => event.preventDefault());
  table.addEventListener("focusout", left);
  const first = table.querySelector("[data-cell]");
  if (first) first.tabIndex = 0;
}

if (table) start();
