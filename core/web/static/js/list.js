/* Lists: adding to the order with Shift, moving columns, and the way from record to record.

   data-add-href    on the link of a head: where Shift and a click lead
   data-sortable    a list of boxes whose order counts: drag by data-sort-grip, or Alt and arrows
   The rows of the page are kept, so that a record knows its neighbours. */
import { getText } from "./requests.js";

function keepRows() {
  const rows = [...document.querySelectorAll("table[data-grid] [data-row]")];
  if (!rows.length) return;
  const kept = { list: location.href, rows: rows.map((row) => row.dataset.href) };
  sessionStorage.setItem(`rows ${location.pathname}`, JSON.stringify(kept));
}

function move(item, other, before) {
  if (!other) return;
  if (before) other.before(item);
  else other.after(item);
}

function startSorting(list) {
  for (const item of list.children) item.draggable = true;
  let dragged = null;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    move(dragged, over, event.clientY < top + height / 2);
  });
  list.addEventListener("dragend", () => (dragged = null));
  list.addEventListener("keydown", (event) => {
    const item = event.target.closest("li");
    if (!event.altKey || !item) return;
    if (event.key === "ArrowUp") move(item, item.previousElementSibling, true);
    else if (event.key === "ArrowDown") move(item, item.nextElementSibling, false);
    else return;
    event.preventDefault();
    event.target.focus();
  });
}

document.addEventListener("click", (event) => {
  const head = event.target.closest("[data-add-href]");
  if (!head || !event.shiftKey) return;
  event.preventDefault();
  location.assign(head.dataset.addHref);
});
/* A group shows its rows below its head, fetched once; a second click folds them. */
async function toggleGroup(button) {
  const head = button.closest("tr");
  const open = button.getAttribute("aria-expanded") === "true";
  const own = [];
  for (let row = head.nextElementSibling; row && !row.matches(".grp"); row = row.nextElementSibling) own.push(row);
  button.setAttribute("aria-expanded", String(!open));
  if (own.length) return own.forEach((row) => (row.hidden = open));
  const holder = document.createElement("template");
  holder.innerHTML = await getText(button.dataset.group);
  head.after(holder.content);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-group]");
  if (button) toggleGroup(button);
});
document.querySelectorAll("[data-sortable]").forEach(startSorting);
keepRows();
