/* A record beside its list: Space or the eye of a row opens it, moving on shows the next, Esc closes it.

   data-peek="<id>" on the button of a row, data-peek-panel on the empty <aside> beside the grid
   The record stands in the address as ?peek=<id>; a grid tells of its current row by "intarsia:row". */
import { registerKey } from "./keys.js";
import { getText } from "./requests.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const panel = document.querySelector("[data-peek-panel]");
let asked = 0;

function keep(id) {
  const address = new URL(location.href);
  if (id) address.searchParams.set("peek", id);
  else address.searchParams.delete("peek");
  history.replaceState(history.state, "", address);
}

async function open(id) {
  const mine = ++asked;
  try {
    const text = await getText(`${location.pathname}/${id}/peek`);
    if (mine !== asked) return;
    panel.innerHTML = text;
    panel.hidden = false;
    panel.dataset.record = id;
    keep(id);
  } catch (error) {
    toast({ text: say("The record could not be shown."), sub: error.message, tone: "bad" });
  }
}

function close() {
  if (panel.hidden) return false;
  const row = document.querySelector(`[data-row="${CSS.escape(panel.dataset.record)}"]`);
  panel.hidden = true;
  panel.replaceChildren();
  keep("");
  row?.querySelector("a")?.focus();
  return true;
}

function ofCurrent(event) {
  const row = event.target.closest("[data-row]") ?? document.querySelector("[data-row].is-cur");
  if (!row || event.target.closest("input, button, summary, select, textarea")) return false;
  if (!panel.hidden && panel.dataset.record === row.dataset.row) close();
  else open(row.dataset.row);
  return true;
}

if (panel) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-peek]");
    if (button) open(button.dataset.peek);
    if (event.target.closest("[data-peek-close]")) close();
  });
  document.addEventListener("intarsia:row", (event) => !panel.hidden && open(event.detail));
  registerKey("Space", "show the row beside the list", ofCurrent);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]") && close()) event.stopPropagation();
  }, true);
  const first = new URL(location.href).searchParams.get("peek");
  if (/^\d+$/.test(first ?? "")) open(first);
}
