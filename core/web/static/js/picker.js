/* Link fields: type to search, choose from the list, create what is missing.

   data-picker              around the parts; with data-multiple several may be chosen
   data-url="..."           answers ?q=text with {"items": [{"id", "title", "subtitle"}]}
   data-with="party,state"  names of form values that are sent along (for `where`)
   data-prefix="lines-0-"   stands before those names in a line of a document
   data-create-url="..."    POST title=text answers {"id", "title"}; Ctrl-Enter or the last line
   data-name="tags"         with data-multiple: the name of the hidden inputs
   data-picker-value / -text / -chosen / -item / -remove: the parts, see the macros
   A change of the value fires "change" on the hidden input. */
import { Listbox } from "./listbox.js";
import { get, post } from "./requests.js";
import { icon, toast } from "./toasts.js";
import { say } from "./words.js";

const PAUSE = 200;

class Picker {
  constructor(root) {
    this.root = root;
    this.text = root.querySelector("[data-picker-text]");
    this.hidden = root.querySelector("[data-picker-value]");
    this.many = "multiple" in root.dataset;
    this.title = this.text.value;
    this.items = new WeakMap();
    this.box = new Listbox(this.text, root.querySelector("[role=listbox]"), (option) => this.take(option));
    this.text.addEventListener("input", () => this.later());
    this.text.addEventListener("click", () => this.search());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("intarsia:resolve", (event) => this.resolve(event.detail));
    this.text.addEventListener("blur", () => this.leave());
    root.addEventListener("click", (event) => {
      const remove = event.target.closest("[data-picker-remove]");
      if (remove) this.remove(remove.closest("[data-picker-item]"));
    });
  }

  /* Takes the record of exactly this title, or the only match; else the text stays and is marked. */
  async resolve(title) {
    this.text.value = title;
    try {
      const { items } = await get(this.address());
      const same = items.find((item) => item.title.toLowerCase() === title.toLowerCase());
      const found = same ?? (items.length === 1 ? items[0] : null);
      this.text.classList.toggle("is-bad", Boolean(title) && !found);
      if (found) this.set(found.id, found.title);
      else toast({ text: say("Nothing is called “{title}”.", { title }), sub: say("Choose the record in the marked cell."), tone: "bad" });
    } catch (error) {
      toast({ text: say("The list could not be read."), sub: error.message, tone: "bad" });
    }
  }

  later() {
    this.rest();
    this.timer = setTimeout(() => this.search(), PAUSE);
  }

  /* No list opens any more for what was typed or asked before. */
  rest() {
    clearTimeout(this.timer);
    this.waiting?.abort();
  }

  address() {
    const address = new URL(this.root.dataset.url, location.href);
    const typed = this.text.value.trim();
    address.searchParams.set("q", typed === this.title && !this.many ? "" : typed);
    const form = this.root.closest("form");
    const draft = form && new FormData(form);
    for (const name of (this.root.dataset.with ?? "").split(",").filter(Boolean)) {
      const value = draft?.get((this.root.dataset.prefix ?? "") + name);
      if (value) address.searchParams.set(name, value);
    }
    return address;
  }

  async search() {
    if (this.text.readOnly) return;
    this.waiting?.abort();
    this.waiting = new AbortController();
    try {
      const { items } = await get(this.address(), this.waiting.signal);
      if (document.activeElement === this.text) this.show(items);
    } catch (error) {
      if (error.name !== "AbortError") toast({ text: say("The list could not be read."), sub: error.message, tone: "bad" });
    }
  }

  show(items) {
    const typed = this.text.value.trim();
    const offered = this.many ? items.filter((item) => !this.has(item.id)) : items;
    const lines = offered.map(optionLine);
    lines.forEach((line, index) => this.items.set(line, offered[index]));
    const named = items.some((item) => item.title.toLowerCase() === typed.toLowerCase());
    if (this.root.dataset.createUrl && typed && typed !== this.title && !named) lines.push(createLine(typed));
    if (!lines.length) {
      const none = Object.assign(document.createElement("div"), { className: "mh", textContent: say("Nothing matches.") });
      return this.box.show([none], []);
    }
    this.box.show(lines, lines);
    this.place();
  }

  /* The list is fixed, so that a scrolling table of lines does not cut it off. */
  place() {
    const { list } = this.box;
    const at = this.root.getBoundingClientRect();
    list.style.setProperty("width", `${Math.max(at.width, 240)}px`);
    list.style.setProperty("left", `${Math.min(at.left, innerWidth - Math.max(at.width, 240) - 8)}px`);
    const below = at.bottom + list.offsetHeight + 8 < innerHeight;
    list.style.setProperty("top", `${below ? at.bottom + 2 : at.top - list.offsetHeight - 10}px`);
  }

  key(event) {
    if (event.key === "Enter" && event.ctrlKey && this.root.dataset.createUrl) {
      event.preventDefault();
      event.stopPropagation();
      return void this.create();
    }
    if (this.box.key(event)) return event.stopPropagation();
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.search();
    } else if (event.key === "Escape" && this.box.shown) {
      event.stopPropagation();
      this.restore();
    } else if (event.key === "Backspace" && this.many && !this.text.value) {
      this.remove([...this.root.querySelectorAll("[data-picker-item]")].at(-1));
    }
  }

  take(option) {
    const item = this.items.get(option);
    return item ? this.set(item.id, item.title) : void this.create();
  }

  async create() {
    const body = new FormData();
    body.set("title", this.text.value.trim());
    try {
      const { id, title } = await post(this.root.dataset.createUrl, body);
      this.set(id, title);
    } catch (error) {
      toast({ text: say("It could not be created."), sub: error.message, tone: "bad" });
    }
  }

  set(id, title) {
    this.rest();
    this.box.close();
    if (this.many) {
      this.text.value = "";
      return this.add(id, title);
    }
    this.title = title;
    this.text.value = title;
    this.text.classList.remove("is-bad");
    if (this.hidden.value === String(id)) return;
    this.hidden.value = id;
    this.hidden.dispatchEvent(new Event("change", { bubbles: true }));
  }

  has(id) {
    return [...this.root.querySelectorAll("[data-picker-item] input")].some((input) => input.value === String(id));
  }

  add(id, title) {
    if (this.has(id)) return;
    const tag = Object.assign(document.createElement("span"), { className: "i-tag" });
    tag.dataset.pickerItem = "";
    const value = Object.assign(document.createElement("input"), { type: "hidden", name: this.root.dataset.name, value: id });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "x", ariaLabel: `${say("Remove")} ${title}` });
    remove.dataset.pickerRemove = "";
    remove.append(icon("x", "ic-s"));
    tag.append(value, title, remove);
    this.root.querySelector("[data-picker-chosen]").append(tag);
    value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  remove(tag) {
    if (!tag || this.text.readOnly) return;
    tag.remove();
    this.root.querySelector("input[type=hidden]").dispatchEvent(new Event("change", { bubbles: true }));
    this.text.focus();
  }

  restore() {
    this.box.close();
    if (!this.many) this.text.value = this.title;
  }

  leave() {
    this.rest();
    if (!this.many && this.text.value.trim() === "") this.set("", "");
    else this.restore();
  }
}

function optionLine(item) {
  const line = Object.assign(document.createElement("div"), { className: "mi" });
  const words = document.createElement("span");
  words.append(item.title);
  if (item.subtitle) {
    words.append(Object.assign(document.createElement("span"), { className: "i-small i-quiet blk2", textContent: item.subtitle }));
  }
  line.append(words);
  return line;
}

function createLine(text) {
  const line = Object.assign(document.createElement("div"), { className: "mi" });
  const count = Object.assign(document.createElement("span"), { className: "cnt" });
  count.append(Object.assign(document.createElement("kbd"), { textContent: "Ctrl ↵" }));
  line.append(icon("plus"), Object.assign(document.createElement("span"), { textContent: say("Create “{title}”", { title: text }) }), count);
  return line;
}

const known = new WeakSet();

export function startPickers(root) {
  const all = [...root.querySelectorAll("[data-picker]")];
  if (root.matches?.("[data-picker]")) all.push(root);
  for (const element of all) {
    if (known.has(element) || element.closest("template")) continue;
    known.add(element);
    new Picker(element);
  }
}
