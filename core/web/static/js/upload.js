/* Files of a form: chosen, dropped or pasted, sent ahead, shown, taken away.

   data-upload="<url>"     around the parts; takes POST file=..., answers {value, title, size, href, small}
   data-name="photo"       the name of the hidden inputs; data-multiple: several files are kept
   data-upload-items / -item / -link / -size / -remove / -drop / -error / -template: the parts, see the macro
   Removing or adding a file fires "change" on the first hidden input, so that the form is evaluated and guarded.
   A form with an upload under way waits for it before it is sent. */
import { post } from "./requests.js";
import { icon } from "./toasts.js";
import { say } from "./words.js";

const running = new WeakMap();

class Upload {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input[type=file]");
    this.items = root.querySelector("[data-upload-items]");
    this.error = root.querySelector("[data-upload-error]");
    this.drop = root.querySelector("[data-upload-drop]");
    root.addEventListener("click", (event) => {
      const remove = event.target.closest("[data-upload-remove]");
      if (remove) this.remove(remove.closest("[data-upload-item]"));
    });
    if (!this.input) return;
    this.input.addEventListener("change", (event) => {
      event.stopPropagation();
      const files = [...this.input.files];
      this.input.value = "";
      this.send(files);
    });
    for (const name of ["dragenter", "dragover"]) root.addEventListener(name, (event) => this.over(event));
    for (const name of ["dragleave", "drop"]) root.addEventListener(name, () => this.drop.classList.remove("is-over"));
    root.addEventListener("drop", (event) => this.take(event, event.dataTransfer));
    root.addEventListener("paste", (event) => this.take(event, event.clipboardData));
  }

  over(event) {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    this.drop.classList.add("is-over");
  }

  take(event, data) {
    if (!data.files.length) return;
    event.preventDefault();
    this.send([...data.files]);
  }

  async send(files) {
    this.tell("");
    if (!("multiple" in this.root.dataset)) files = files.slice(0, 1);
    for (const file of files) {
      const work = this.one(file);
      const form = this.root.closest("form");
      const all = Promise.allSettled([running.get(form), work]);
      running.set(form, all);
      all.then(() => running.get(form) === all && running.delete(form));
      await work;
    }
  }

  async one(file) {
    const single = !("multiple" in this.root.dataset);
    // What was chosen last wins, whichever arrives first.
    if (single) for (const old of this.items.querySelectorAll(".is-busy")) old.remove();
    const row = this.row({ title: file.name, size: say("uploading …"), href: "", small: "" });
    row.classList.add("is-busy");
    const body = new FormData();
    body.append("file", file, file.name || "file");
    try {
      const made = await post(this.root.dataset.upload, body);
      if (!row.isConnected) return;
      if (single) for (const old of [...this.items.children]) if (old !== row) old.remove();
      this.fill(row, made);
      row.classList.remove("is-busy");
      this.changed();
    } catch (error) {
      row.remove();
      this.tell(error.problems?.[0]?.message ?? error.message);
    }
  }

  row(made) {
    const template = this.root.querySelector("[data-upload-template]");
    const row = template.content.cloneNode(true).firstElementChild;
    this.items.append(row);
    this.fill(row, made);
    return row;
  }

  fill(row, made) {
    const hidden = row.querySelector("input[type=hidden]");
    hidden.value = made.value ?? "";
    hidden.disabled = !made.value;
    const link = row.querySelector("[data-upload-link]");
    link.textContent = made.title;
    link.download = made.title;
    if (made.href) link.href = made.href;
    else link.removeAttribute("href");
    row.querySelector("[data-upload-size]").textContent = made.size;
    row.querySelector("[data-upload-remove]").setAttribute("aria-label", `${say("Remove")} ${made.title}`);
    if (!made.small) return;
    const picture = Object.assign(document.createElement("img"), { className: "i-thumb", src: made.small, alt: "" });
    row.querySelector("svg")?.replaceWith(picture);
  }

  remove(row) {
    row.remove();
    this.tell("");
    this.changed();
    this.input?.focus();
  }

  changed() {
    const first = this.root.querySelector("input[type=hidden]");
    first.dispatchEvent(new Event("change", { bubbles: true }));
  }

  tell(text) {
    if (!this.error) return;
    this.error.hidden = !text;
    this.error.replaceChildren(...(text ? [icon("alert-circle"), Object.assign(document.createElement("span"), { textContent: text })] : []));
  }
}

/* Saving while a file is on its way would lose it. */
async function wait(event) {
  const form = event.target;
  const work = running.get(form);
  if (!work) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  await work;
  // A form that is being sent does not listen: it is asked again when this event is over.
  setTimeout(() => form.requestSubmit(button));
}

const known = new WeakSet();
let started = false;

export function startUploads(root) {
  for (const element of root.querySelectorAll("[data-upload]")) {
    if (known.has(element)) continue;
    known.add(element);
    new Upload(element);
  }
  if (started) return;
  started = true;
  document.addEventListener("submit", wait, true);
}
