/* The search box (Ctrl-K): goes to every entry of the navigation, and to records when the
   page names a source.

   data-palette on the <dialog>; data-search-url="..." answers ?q= with
   {"items": [{"title", "subtitle", "href", "icon", "group"}]} */
import { icon } from "./toasts.js";
import { Listbox } from "./listbox.js";
import { get } from "./requests.js";

function places() {
  const links = document.querySelectorAll("#side .i-side-scroll a[href]");
  return [...links].map((link) => {
    const group = link.closest("[data-nav-group]")?.querySelector("summary .lbl")?.textContent ?? "";
    const use = link.querySelector("use") ?? link.closest("[data-nav-group]")?.querySelector("summary use");
    return {
      title: link.querySelector(".lbl").textContent,
      subtitle: group,
      href: link.getAttribute("href"),
      icon: use?.getAttribute("href").split("#")[1] ?? "arrow-right",
    };
  });
}

function matching(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return places().filter(({ title, subtitle }) => {
    const all = `${subtitle} ${title}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

function line(item) {
  const link = Object.assign(document.createElement("a"), { className: "mi", href: item.href, tabIndex: -1 });
  const title = Object.assign(document.createElement("span"), { className: "i-clip", textContent: item.title });
  link.append(icon(item.icon || "file-text"), title);
  if (item.subtitle) link.append(Object.assign(document.createElement("span"), { className: "e", textContent: item.subtitle }));
  return link;
}

function heading(text) {
  return Object.assign(document.createElement("div"), { className: "mh", textContent: text });
}

export function startPalette() {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog) return;
  const input = dialog.querySelector("[data-palette-text]");
  const list = dialog.querySelector("[data-palette-list]");
  const box = new Listbox(input, list, (option) => option.click());
  let waiting = null;
  let timer = 0;

  function show(records) {
    const found = matching(input.value).slice(0, 12);
    const groups = new Map();
    for (const item of records) groups.set(item.group || "", [...(groups.get(item.group || "") ?? []), line(item)]);
    const nodes = [];
    for (const [name, lines] of groups) nodes.push(heading(name), ...lines);
    const links = found.map(line);
    if (links.length) nodes.push(heading(list.dataset.go), ...links);
    if (!nodes.length) nodes.push(heading(list.dataset.none));
    box.show(nodes, nodes.filter((node) => node.matches("a")));
  }

  async function search() {
    waiting?.abort();
    waiting = new AbortController();
    try {
      const address = new URL(dialog.dataset.searchUrl, location.href);
      address.searchParams.set("q", input.value.trim());
      show((await get(address, waiting.signal)).items ?? []);
    } catch (error) {
      if (error.name !== "AbortError") show([]);
    }
  }

  input.addEventListener("input", () => {
    show([]);
    clearTimeout(timer);
    if (dialog.dataset.searchUrl && input.value.trim()) timer = setTimeout(search, 150);
  });
  input.addEventListener("keydown", (event) => box.key(event));
  dialog.addEventListener("intarsia:opened", () => {
    input.value = "";
    show([]);
    input.focus();
  });
}
