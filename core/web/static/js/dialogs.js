/* Dialogs, drop-down menus, the small boxes behind "?" and grey buttons, copying.

   data-opens="<id>"  opens the <dialog>; data-closes inside it closes it
   data-open          on a <dialog>: opened as soon as the page is there
   data-drop          <details> as a menu
   data-why, data-help, data-copy: see shell.js */
import { fillKeyList, registerKey } from "./keys.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  if (id === "shortcuts") fillKeyList();
  dialog.showModal();
  /* The first thing to fill in is more welcome than the button that closes. */
  const wrong = dialog.querySelector(".body [aria-invalid=true]");
  const first = dialog.querySelector(".body :is(input:not([type=hidden]), select, textarea)");
  if (wrong || !dialog.querySelector("[autofocus]")) (wrong ?? first)?.focus();
  dialog.dispatchEvent(new CustomEvent("intarsia:opened"));
}

function closeDrops(except) {
  for (const drop of document.querySelectorAll("[data-drop][open]")) {
    if (drop !== except) drop.open = false;
  }
}

let box = null;

function closeBox(refocus = false) {
  if (!box) return;
  const { anchor, element } = box;
  box = null;
  element.remove();
  anchor.removeAttribute("aria-describedby");
  if (refocus) anchor.focus();
}

function openBox(anchor, title, text) {
  closeBox();
  const element = document.createElement("div");
  element.className = "i-pop i-box";
  element.id = "box";
  element.setAttribute("role", "status");
  if (title) element.append(Object.assign(document.createElement("h3"), { textContent: title }));
  element.append(Object.assign(document.createElement("p"), { textContent: text }));
  document.body.append(element);
  const at = anchor.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - element.offsetWidth - 8));
  const below = at.bottom + 6 + element.offsetHeight < innerHeight;
  element.style.setProperty("left", `${left}px`);
  element.style.setProperty("top", `${below ? at.bottom + 6 : at.top - 6 - element.offsetHeight}px`);
  anchor.setAttribute("aria-describedby", "box");
  box = { anchor, element };
}

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent.trim());
    toast({ text: say("Copied.") });
  } catch {
    getSelection().selectAllChildren(element);
  }
}

function onClick(event) {
  const { target } = event;
  const opener = target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  target.closest("[data-closes]")?.closest("dialog")?.close();
  if (target.matches("dialog[data-dialog]")) target.close();
  const drop = target.closest("[data-drop]");
  closeDrops(target.closest("summary") || target.closest(".i-menu form") ? drop : null);
  const grey = target.closest("[data-why]");
  const help = target.closest("[data-help]");
  if (grey) {
    event.preventDefault();
    openBox(grey, say("{what} is not available", { what: grey.textContent.trim() }), grey.dataset.why);
  } else if (help) openBox(help, "", help.dataset.help);
  else if (!target.closest(".i-box")) closeBox();
  const copied = target.closest("[data-copy]");
  if (copied) copy(copied);
}

export function startDialogs() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const drop = document.querySelector("[data-drop][open]");
    closeDrops();
    drop?.querySelector("summary").focus();
    closeBox(true);
  });
  document.addEventListener("focusin", (event) => {
    if (box && event.target !== box.anchor) closeBox();
  });
  if (document.getElementById("shortcuts")) registerKey("?", "this list", () => openDialog("shortcuts"));
  if (document.getElementById("palette")) registerKey("ctrl k", "search or go to", () => openDialog("palette"));
  for (const dialog of document.querySelectorAll("dialog[data-open]")) openDialog(dialog.id);
}
