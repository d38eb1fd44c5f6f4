/* Mentions: after "@" the people who may read the record are offered.

   data-mentions="<url>"  on a textarea or input; ?q= answers {"items": [{"id", "title", "subtitle"}]}
   Arrows choose, Enter or Tab takes, Esc closes. */
import { get } from "./requests.js";
import { say } from "./words.js";

const PAUSE = 150;
const WORD = /(^|[\s(])@([A-Za-z0-9._-]*)$/;

class Mentions {
  constructor(text, number) {
    this.text = text;
    this.list = Object.assign(document.createElement("div"), { className: "i-pop i-menu i-mentions", hidden: true });
    this.list.id = `mentions-${number}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", say("People"));
    text.after(this.list);
    text.setAttribute("aria-controls", this.list.id);
    text.addEventListener("input", () => this.later());
    text.addEventListener("keydown", (event) => this.key(event));
    text.addEventListener("blur", () => setTimeout(() => this.close(), 200));
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  later() {
    clearTimeout(this.timer);
    const word = WORD.exec(this.text.value.slice(0, this.text.selectionStart));
    if (!word) return this.close();
    this.timer = setTimeout(() => this.ask(word[2]), PAUSE);
  }

  async ask(word) {
    try {
      const { items } = await get(`${this.text.dataset.mentions}?q=${encodeURIComponent(word)}`);
      this.show(items);
    } catch {
      this.close();
    }
  }

  show(items) {
    this.items = items;
    this.list.replaceChildren(...items.map((item) => {
      const row = Object.assign(document.createElement("div"), { className: "mi", textContent: `${item.title} ${item.subtitle}` });
      row.setAttribute("role", "option");
      return row;
    }));
    this.list.hidden = !items.length;
    this.choose(0);
  }

  choose(at) {
    this.at = at;
    [...this.list.children].forEach((row, number) => {
      row.classList.toggle("is-on", number === at);
      row.setAttribute("aria-selected", String(number === at));
    });
  }

  key(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.choose((this.at + step + this.items.length) % this.items.length);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" || event.key === "Tab") this.take(this.at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(at) {
    const end = this.text.selectionStart;
    const before = this.text.value.slice(0, end).replace(WORD, (_all, lead) => `${lead}@${this.items[at].id} `);
    this.text.value = before + this.text.value.slice(end);
    this.text.setSelectionRange(before.length, before.length);
    this.close();
    this.text.focus();
  }

  close() {
    this.list.hidden = true;
  }
}

const known = new WeakSet();
let number = 0;

export function startMentions(root) {
  for (const text of root.querySelectorAll("[data-mentions]")) {
    if (known.has(text)) continue;
    known.add(text);
    number += 1;
    new Mentions(text, number);
  }
}
