/* Boards: moving cards by mouse, touch and keys, and further cards of a column.

   data-board       the board: address of the entity; data-query its state, data-movable if cards may move
   data-column      a column by its key; data-column-head, data-column-cards inside
   data-card        a card by its record, with data-version, data-label, data-href
   data-card-menu   the button that lists the columns; data-more fetches further cards
   A move is shown at once and taken back with its reason if the server refuses it. */
import { choose, closeAsk, openAsk, openDialog } from "./board_dialogs.js";
import { startDragging } from "./drag.js";
import { registerKey } from "./keys.js";
import { getText, send } from "./requests.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const board = document.querySelector("[data-board]");
const announcer = document.querySelector("[data-board-says]");

const columns = () => [...board.querySelectorAll("[data-column]")];
const columnOf = (card) => card.closest("[data-column]");
const listOf = (column) => column.querySelector("[data-column-cards]");

function announce(text) {
  announcer.textContent = text;
}

function place(card, column, before = null) {
  const list = listOf(column);
  list.insertBefore(card, before ?? list.firstElementChild);
}

function show(answer, card, column) {
  for (const one of columns()) {
    const { column: key } = one.dataset;
    if (answer.heads[key]) one.querySelector("[data-column-head]").innerHTML = answer.heads[key];
    one.classList.toggle("is-full", answer.full.includes(key));
  }
  if (!answer.card) return card;
  const holder = document.createElement("template");
  holder.innerHTML = answer.card.trim();
  const fresh = holder.content.firstElementChild;
  const focused = card.contains(document.activeElement);
  card.replaceWith(fresh);
  if (focused) fresh.focus();
  return fresh;
}

/* The card stands in its new column already; `home` is where it came from. */
async function save(card, column, home, answers = new FormData()) {
  const url = `${board.dataset.board}/${card.dataset.card}/move?${board.dataset.query}`;
  const body = answers;
  body.set("to", column.dataset.column);
  body.set("version", card.dataset.version);
  card.setAttribute("aria-busy", "true");
  const { ok, data } = await send(url, body);
  card.removeAttribute("aria-busy");
  const back = () => {
    home.list.insertBefore(card, home.before);
    card.focus();
  };
  if (data.ask) return openAsk(data.ask, (given) => save(card, column, home, given), back);
  closeAsk();
  if (ok) {
    show(data, card, column);
    toast({ text: `${card.dataset.label}: ${data.text}`, undo: data.undo });
    return announce(`${card.dataset.label}: ${data.text}`);
  }
  back();
  if (data.warning) return openDialog(data.detail, () => put(card, column, accepted()));
  announce(data.detail);
  const more = data.mend ? { label: say("Open the form"), href: data.mend } : null;
  toast({ text: say("It was not moved."), sub: data.detail, tone: "bad", more });
}

function accepted() {
  const answers = new FormData();
  answers.set("accept", "1");
  return answers;
}

function put(card, column, answers) {
  const from = columnOf(card);
  if (from === column) return;
  const home = { list: listOf(from), before: card.nextElementSibling };
  place(card, column);
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  save(card, column, home, answers);
}

/* Keys: M lifts, arrows choose the column, Enter drops, Esc puts back. */
let lifted = null;

function lift(card) {
  lifted = { card, home: columnOf(card), before: card.nextElementSibling };
  card.classList.add("is-lifted");
  announce(`${say("Lifted")}: ${card.dataset.label}`);
}

function carry(step) {
  const all = columns();
  const at = all.indexOf(columnOf(lifted.card)) + step;
  if (at < 0 || at >= all.length) return;
  mark(all[at]);
  place(lifted.card, all[at]);
  lifted.card.focus();
  lifted.card.scrollIntoView({ block: "nearest", inline: "nearest" });
  announce(`${lifted.card.dataset.label}: ${all[at].dataset.label}`);
}

function mark(target) {
  for (const one of columns()) one.classList.toggle("is-target", one === target);
}

function settle(keep) {
  const { card, home, before } = lifted;
  const column = columnOf(card);
  lifted = null;
  card.classList.remove("is-lifted");
  mark(null);
  if (keep && column !== home) return void save(card, column, { list: listOf(home), before });
  listOf(home).insertBefore(card, before);
  card.focus();
  announce(`${card.dataset.label}: ${home.dataset.label}`);
}

function liftedKey(event) {
  if (!lifted) return;
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  const rightToLeft = document.documentElement.dir === "rtl" ? -1 : 1;
  if (event.key in steps) carry(steps[event.key] * rightToLeft);
  else if (event.key === "Enter" || event.key === " ") settle(true);
  else if (event.key === "Escape" || event.key === "Tab") settle(false);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function focusedCard() {
  return document.activeElement?.closest?.("[data-card]");
}

function step(distance) {
  const all = [...board.querySelectorAll("[data-card]")];
  const at = all.indexOf(focusedCard());
  const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + distance))];
  next?.focus();
}

function cross(distance) {
  const card = focusedCard();
  if (!card || lifted) return false;
  const filled = columns().filter((one) => one.querySelector("[data-card]"));
  const next = filled[filled.indexOf(columnOf(card)) + distance];
  next?.querySelector("[data-card]").focus();
  return true;
}

function startKeys() {
  board.addEventListener("keydown", liftedKey, true);
  registerKey("j", "next card", () => step(1));
  registerKey("k", "previous card", () => step(-1));
  registerKey("ArrowDown", "", () => (focusedCard() ? step(1) : false));
  registerKey("ArrowUp", "", () => (focusedCard() ? step(-1) : false));
  registerKey("ArrowRight", "", () => cross(1));
  registerKey("ArrowLeft", "", () => cross(-1));
  const open = () => (focusedCard() ? location.assign(focusedCard().dataset.href) : false);
  registerKey("e", "open the card", open);
  registerKey("Enter", "", (event) => (event.target.closest("a, button, summary") ? false : open()));
  if (!("movable" in board.dataset)) return;
  registerKey("m", "lift the card", () => (focusedCard() ? lift(focusedCard()) : false));
}

async function more(button) {
  button.disabled = true;
  const holder = document.createElement("template");
  holder.innerHTML = await getText(button.dataset.more);
  button.replaceWith(holder.content);
}

function click(event) {
  const button = event.target.closest("[data-more]");
  if (button) return void more(button);
  const menu = event.target.closest("[data-card-menu]");
  if (!menu) return;
  const card = menu.closest("[data-card]");
  const others = columns().filter((one) => one !== columnOf(card));
  choose(others, (column) => put(card, column));
}

if (board) {
  board.addEventListener("click", click);
  startKeys();
  if ("movable" in board.dataset) {
    startDragging(board, {
      items: "[data-card]",
      targets: "[data-column]",
      over: mark,
      drop: (card, column) => put(card, column),
    });
  }
}
