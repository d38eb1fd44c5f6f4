/* The two dialogs of a board: where to move a card, and a warning that may be answered. */
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
