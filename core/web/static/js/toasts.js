/* Messages at the edge: done with undo, refused with why. At most three, ten seconds each,
   longer while pointed at or focused.

   data-toast, data-undo-url, data-toast-undo, data-toast-close: see the macro `toast`
   Islands call toast({text, sub, tone, undo, more}); undo is an address (POST) or a function,
   more a link {label, href} to where it can be mended.
   Answers to htmx requests may carry the header HX-Trigger: {"intarsia:toast": {...}}. */
import { registerKey } from "./keys.js";
import { post } from "./requests.js";
import { say } from "./words.js";

const LIFE = 10_000;
const MOST = 3;
const undos = new WeakMap();

function region() {
  return document.getElementById("toasts");
}

export function icon(name, extra = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `ic ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

function arm(element) {
  let left = LIFE;
  let since = Date.now();
  let timer = setTimeout(() => element.remove(), left);
  const hold = () => {
    clearTimeout(timer);
    left -= Date.now() - since;
    element.classList.add("is-held");
  };
  const release = () => {
    since = Date.now();
    timer = setTimeout(() => element.remove(), Math.max(left, 1500));
    element.classList.remove("is-held");
  };
  element.addEventListener("pointerenter", hold);
  element.addEventListener("pointerleave", release);
  element.addEventListener("focusin", hold);
  element.addEventListener("focusout", release);
}

async function undo(element) {
  const known = undos.get(element);
  element.remove();
  if (typeof known === "function") return void known();
  const address = known || element.dataset.undoUrl;
  try {
    const answer = await post(address, new FormData());
    if (answer.location) location.assign(answer.location);
    else location.reload();
  } catch (error) {
    toast({ text: say("This could not be undone."), sub: error.message, tone: "bad" });
  }
}

export function toast({ text, sub = "", tone = "ok", undo: back = null, more = null }) {
  const element = document.createElement("div");
  element.className = `i-toast${tone === "bad" ? " bad" : ""}`;
  element.dataset.toast = "";
  element.setAttribute("role", tone === "bad" ? "alert" : "status");
  const words = Object.assign(document.createElement("span"), { className: "i-grow", textContent: text });
  if (sub) words.append(Object.assign(document.createElement("span"), { className: "sub blk2", textContent: sub }));
  element.append(icon(tone === "bad" ? "alert-circle" : "circle-check"), words);
  if (more) element.append(Object.assign(document.createElement("a"), { href: more.href, textContent: more.label }));
  if (back) {
    undos.set(element, back);
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: `${say("Undo")} ` });
    button.dataset.toastUndo = "";
    button.append(Object.assign(document.createElement("kbd"), { textContent: "Ctrl Z" }));
    element.append(button);
  }
  const close = Object.assign(document.createElement("button"), { type: "button", ariaLabel: say("Close this message") });
  close.dataset.toastClose = "";
  close.append(icon("x"));
  element.append(close, Object.assign(document.createElement("span"), { className: "bar" }));
  region()?.append(element);
  trim();
  arm(element);
}

function trim() {
  const all = region()?.querySelectorAll("[data-toast]") ?? [];
  for (const old of [...all].slice(0, -MOST)) old.remove();
}

export function startToasts() {
  if (!region()) return;
  region().querySelectorAll("[data-toast]").forEach(arm);
  trim();
  region().addEventListener("click", (event) => {
    const element = event.target.closest("[data-toast]");
    if (event.target.closest("[data-toast-undo]")) undo(element);
    if (event.target.closest("[data-toast-close]")) element.remove();
  });
  document.addEventListener("intarsia:toast", (event) => toast(event.detail));
  registerKey("ctrl z", "undo", (event) => {
    const last = [...region().querySelectorAll("[data-toast-undo]")].at(-1);
    if (!last || event.target.closest("input, textarea")) return false;
    last.click();
    return true;
  });
}
