/* Forms: saving by keys, leaving with unsaved changes, losing data only after a question.

   data-guard           on a <form>: asks before the page is left with unsaved changes
   data-save            on its main button: Ctrl-S and Ctrl-Enter press it
   data-confirm="..."   on a form or button: the question before data is lost
   data-problems        the list on top gets the focus, its links go to the fields
   A form is sent once; its buttons wait until the answer is there. */
import { registerKey } from "./keys.js";

const changed = new WeakSet();
const sent = new WeakSet();
let guarding = false;

function guard() {
  if (guarding) return;
  guarding = true;
  addEventListener("beforeunload", (event) => {
    const dirty = [...document.querySelectorAll("form[data-guard]")].some((f) => changed.has(f) && !sent.has(f));
    if (dirty) event.preventDefault();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach((form) => sent.delete(form));
  });
}

function onSubmit(event) {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (event.defaultPrevented) return;
  if (sent.has(form) || (question && !confirm(question))) return event.preventDefault();
  if (form.method !== "get" && form.method !== "dialog") sent.add(form);
}

function saveButton() {
  return document.querySelector("[data-save]");
}

const known = new WeakSet();
let started = false;

export function startForms(root) {
  for (const form of root.querySelectorAll("form[data-guard]")) {
    if (known.has(form)) continue;
    known.add(form);
    guard();
    form.addEventListener("input", () => changed.add(form));
    form.addEventListener("change", () => changed.add(form));
  }
  root.querySelector("[data-problems]")?.focus();
  if (started) return;
  started = true;
  document.addEventListener("submit", onSubmit);
  for (const keys of ["ctrl s", "ctrl Enter"]) {
    if (!saveButton()) break;
    registerKey(keys, keys === "ctrl s" ? "save" : "", () => saveButton()?.click());
  }
}
