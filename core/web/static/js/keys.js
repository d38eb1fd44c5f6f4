/* Keyboard shortcuts of one or two keys, and the list that "?" shows.

   data-key="c" or "g l"      on a link or button: the keys press it
   data-key-label="New order" how the list names it
   data-key-list              the <dl> of the shortcuts dialog
   Keys typed into fields are text, except those with Ctrl or Cmd. */
import { say } from "./words.js";

const registered = new Map();
let pending = "";
let pendingUntil = 0;

export function registerKey(keys, label, action) {
  registered.set(keys, { label, action });
}

function typing(target) {
  return target.closest("input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]");
}

function pressed(event) {
  const modified = event.ctrlKey || event.metaKey;
  // Keys are written with spaces between them, so this one needs a name.
  const named = event.key === " " ? "Space" : event.key;
  const key = named.length === 1 ? named.toLowerCase() : named;
  return modified ? `ctrl ${key}` : key;
}

function find(keys) {
  const known = registered.get(keys);
  if (known) return known.action;
  const element = document.querySelector(`[data-key="${CSS.escape(keys)}"]`) ||
    [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key === keys);
  return element && (() => element.click());
}

function startsLonger(keys) {
  const all = [...registered.keys(), ...[...document.querySelectorAll("[data-key]")].map((e) => e.dataset.key)];
  return all.some((other) => other.startsWith(`${keys} `));
}

function onKey(event) {
  if (event.defaultPrevented || event.altKey || event.isComposing || !event.key) return;
  const key = pressed(event);
  if (typing(event.target) && !key.startsWith("ctrl ")) return;
  if (document.querySelector("dialog[open]") && !key.startsWith("ctrl ")) return;
  const keys = pending && Date.now() < pendingUntil ? `${pending} ${key}` : key;
  pending = "";
  const action = find(keys);
  if (action) {
    if (action(event) !== false) event.preventDefault();
  } else if (startsLonger(keys)) {
    pending = keys;
    pendingUntil = Date.now() + 1200;
  }
}

function entries() {
  const list = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    list.set(element.dataset.key, element.dataset.keyLabel || element.textContent.trim());
  }
  for (const [keys, { label }] of registered) if (label) list.set(keys, say(label));
  return list;
}

export function fillKeyList() {
  const target = document.querySelector("[data-key-list]");
  if (!target) return;
  target.replaceChildren();
  for (const [keys, label] of entries()) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = key.length === 1 ? key.toUpperCase() : key === "ctrl" ? "Ctrl" : key;
      term.append(cap, " ");
    }
    const text = document.createElement("dd");
    text.textContent = label;
    target.append(term, text);
  }
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  registerKey("/", "search", () => {
    const box = document.querySelector("[data-search]");
    if (!box) return find("ctrl k")?.();
    box.focus();
    box.select?.();
    return true;
  });
  registerKey("g h", "go home", () => location.assign("/"));
}
