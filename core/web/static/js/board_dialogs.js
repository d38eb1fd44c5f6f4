/* The dialogs of a board: where to move a card, a warning that may be answered, and what a move asks. */
import { startPickers } from "./picker.js";
import { startUploads } from "./upload.js";

const dialog = (id) => document.getElementById(id);

export function choose(columns, take) {
  const box = dialog("move-card");
  const list = box.querySelector("[data-move-choices]");
  list.replaceChildren(
    ...columns.map((column) => {
      const line = Object.assign(document.createElement("button"), { type: "button", className: "mi" });
      line.textContent = column.dataset.label;
      line.addEventListener("click", () => {
        box.close();
        take(column);
      });
      return line;
    }),
  );
  box.showModal();
  list.firstElementChild?.focus();
}

export function openDialog(text, accept) {
  const box = dialog("move-warning");
  box.querySelector("[data-warning-text]").textContent = text;
  const button = box.querySelector("[data-warning-accept]");
  button.onclick = () => {
    box.close();
    accept();
  };
  box.showModal();
  button.focus();
}

/* The form of a transition; `answer` gets its values, `cancel` is called when the dialog is closed without them. */
export function openAsk(html, answer, cancel) {
  const box = dialog("move-ask");
  const slot = box.querySelector("[data-ask-slot]");
  slot.innerHTML = html;
  startPickers(slot);
  startUploads(slot);
  const form = slot.querySelector("[data-ask]");
  document.getElementById("move-ask-title").textContent = form.dataset.ask;
  let waits = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    waits = false;
    answer(new FormData(form));
  });
  box.onclose = () => waits && cancel();
  if (!box.open) box.showModal();
  const wrong = slot.querySelector(".body [aria-invalid=true]");
  const first = slot.querySelector(".body :is(input:not([type=hidden]), select, textarea), [type=submit]");
  (wrong ?? first)?.focus();
}

export function closeAsk() {
  const box = dialog("move-ask");
  box.onclose = null;
  box.close();
}
