/* Files on the page of a record: chosen, dropped anywhere on it or pasted, sent one after the other with progress.

   data-attach          the form of the timeline that takes files; its action takes POST file=... as JSON
   data-attach-most     the most bytes a file may have, data-attach-large what is said of a larger one
   data-attach-drop     shown over the page while files are dragged over it
   data-attach-items    where the files on their way and the refused ones stand
   data-timeline        the list that is fetched anew when all are there
   Without this script the form sends its files as any other. */
import { getText, sendFile } from "./requests.js";
import { icon } from "./toasts.js";
import { say } from "./words.js";

function nameOf(file, now) {
  // What is copied from a screen has the same name every time.
  if (!/^image\.\w+$/.test(file.name) && file.name) return file.name;
  const ending = file.type.split("/")[1]?.replace("jpeg", "jpg") ?? "png";
  const two = (number) => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${say("Screenshot")} ${day} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}.${ending}`;
}

class Attaching {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input[type=file]");
    this.drop = document.querySelector("[data-attach-drop]");
    this.items = document.querySelector("[data-attach-items]");
    this.queue = Promise.resolve();
    this.depth = 0;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.querySelector("button[type=submit]").hidden = true;
    this.input.addEventListener("change", () => {
      const files = [...this.input.files];
      this.input.value = "";
      this.take(files);
    });
    document.addEventListener("dragenter", (event) => this.over(event, 1));
    document.addEventListener("dragover", (event) => this.isFiles(event) && event.preventDefault());
    document.addEventListener("dragleave", (event) => this.over(event, -1));
    document.addEventListener("drop", (event) => this.dropped(event));
    document.addEventListener("paste", (event) => this.pasted(event));
  }

  isFiles(event) {
    return [...(event.dataTransfer?.types ?? [])].includes("Files") && !document.querySelector("dialog[open]");
  }

  over(event, step) {
    if (!this.isFiles(event)) return;
    event.preventDefault();
    this.depth = Math.max(0, this.depth + step);
    this.drop.hidden = this.depth === 0;
  }

  dropped(event) {
    if (!this.isFiles(event)) return;
    event.preventDefault();
    this.depth = 0;
    this.drop.hidden = true;
    this.take([...event.dataTransfer.files]);
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.take(files);
  }

  take(files) {
    const rows = files.map((file) => [file, nameOf(file, new Date())]).map(([file, name]) => [file, name, this.row(name)]);
    this.form.closest("details").open = true;
    this.items.scrollIntoView({ block: "nearest" });
    this.queue = this.queue.then(() => this.all(rows));
  }

  async all(rows) {
    let kept = 0;
    for (const [file, name, row] of rows) kept += await this.one(file, name, row);
    if (kept) await this.renew();
  }

  async one(file, name, row) {
    if (file.size > Number(this.form.dataset.attachMost)) return this.refuse(row, this.form.dataset.attachLarge.replace("{name}", name));
    const body = new FormData();
    body.append("file", file, name);
    const bar = row.querySelector("progress");
    const { ok, data } = await sendFile(this.form.action, body, (part) => (bar.value = part));
    if (!ok) return this.refuse(row, data.problems?.[0]?.message ?? data.detail);
    row.remove();
    return 1;
  }

  row(name) {
    const row = Object.assign(document.createElement("li"), { className: "i-file" });
    const text = Object.assign(document.createElement("span"), { className: "i-clip i-grow", textContent: name });
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    bar.setAttribute("aria-label", `${name}: ${say("uploading …")}`);
    row.append(icon("paperclip"), text, bar);
    this.items.append(row);
    return row;
  }

  refuse(row, why) {
    row.className = "i-err";
    const gone = Object.assign(document.createElement("button"), { type: "button", className: "x", ariaLabel: say("Close this message") });
    gone.append(icon("x", "ic-s"));
    gone.addEventListener("click", () => row.remove());
    row.replaceChildren(icon("alert-circle"), Object.assign(document.createElement("span"), { className: "i-grow", textContent: why }), gone);
    return 0;
  }

  async renew() {
    const page = new DOMParser().parseFromString(await getText(location.href), "text/html");
    const fresh = page.querySelector("[data-timeline]");
    if (fresh) document.querySelector("[data-timeline]").replaceWith(fresh);
  }
}

const form = document.querySelector("form[data-attach]");
if (form) new Attaching(form);
