/* Trees: branches are fetched when they are opened first, and folded without losing them.

   data-tree on the table, data-branch="<address>" on the button of a row, data-level on every row
   Arrow right opens the row in focus or goes into it, arrow left folds it or goes up. */
import { registerKey } from "./keys.js";
import { getText } from "./requests.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const table = document.querySelector("[data-tree]");
const level = (row) => Number(row.dataset.level);

function below(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && level(next) > level(row); next = next.nextElementSibling) found.push(next);
  return found;
}

/* Rows are seen if every row above them is open. */
function show(row) {
  const open = row.getAttribute("aria-expanded") === "true";
  let hiddenUnder = open ? Infinity : level(row);
  for (const one of below(row)) {
    if (level(one) <= hiddenUnder) hiddenUnder = Infinity;
    one.hidden = level(one) > hiddenUnder;
    if (!one.hidden && one.getAttribute("aria-expanded") === "false") hiddenUnder = level(one);
  }
}

async function toggle(button) {
  const row = button.closest("tr");
  const open = row.getAttribute("aria-expanded") === "true";
  row.setAttribute("aria-expanded", String(!open));
  if (!open && !below(row).length) {
    const holder = document.createElement("template");
    try {
      holder.innerHTML = await getText(button.dataset.branch);
    } catch (error) {
      row.setAttribute("aria-expanded", "false");
      return toast({ text: say("The list could not be read."), sub: error.message, tone: "bad" });
    }
    for (const part of holder.content.querySelectorAll("[data-vars]")) {
      part.style.setProperty("--lv", part.dataset.vars.split(":")[1]);
    }
    row.after(holder.content);
  }
  show(row);
}

function current() {
  return document.activeElement?.closest?.("[data-tree] [data-row]") ?? table.querySelector(".is-cur");
}

function focus(row) {
  row?.querySelector("a")?.focus();
}

function right() {
  const row = current();
  const button = row?.querySelector("[data-branch]");
  if (!button) return false;
  if (row.getAttribute("aria-expanded") === "true") focus(row.nextElementSibling);
  else toggle(button);
  return true;
}

function left() {
  const row = current();
  if (!row) return false;
  if (row.getAttribute("aria-expanded") === "true") toggle(row.querySelector("[data-branch]"));
  else {
    let above = row.previousElementSibling;
    while (above && level(above) >= level(row)) above = above.previousElementSibling;
    focus(above);
  }
  return true;
}

if (table) {
  table.addEventListener("click", (event) => {
    const button = event.target.closest("[data-branch]");
    if (button) toggle(button);
  });
  registerKey("ArrowRight", "open the branch", right);
  registerKey("ArrowLeft", "fold the branch", left);
}
