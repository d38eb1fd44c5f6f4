/* Shows, hides, requires and computes fields as the server says, and until it does as the page itself can tell.

   data-evaluate-url on a <form>: after a change the whole form is posted there, with `_changed` (the name that
   changed). The answer is {"visible": {field: bool}, "required": {...}, "readonly": {...},
   "values": {field: text | {"value", "title"}}, "problems": {field: text}}; a key may be left out.
   data-field="name"   the frame of a field (label, input, help)
   data-properties     takes the "properties" of the answer for its field: inputs that rows define
   data-similar        takes the "similar" of the answer: records that may be the same
   data-value="name"   an output that takes the text of a value
   Fields of lines are named as their inputs: lines-0-subtotal.
   A <script data-live> in the form holds what runs here at once (expressions/live.js). */
import { post } from "./requests.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const PAUSE = 150;

class Conditions {
  constructor(form) {
    this.form = form;
    this.names = new Set();
    form.addEventListener("change", (event) => this.changed(event.target.name));
    form.addEventListener("submit", () => this.confess());
    form.addEventListener("input", (event) => {
      if (event.target.matches("[data-number]")) this.changed(event.target.name);
      else this.tell();
    });
    this.start();
  }

  async start() {
    const sent = this.form.querySelector("script[data-live]");
    if (!sent) return;
    const { Live } = await import("./expressions/live.js");
    this.live = new Live(this.form, JSON.parse(sent.textContent));
  }

  changed(name) {
    this.tell();
    this.later(name);
  }

  tell() {
    if (this.live) this.show(this.live.answer());
  }

  /* What was changed since the last answer goes along, so that its suggestions are made before saving. */
  confess() {
    clearTimeout(this.timer);
    this.waiting?.abort();
    for (const old of this.form.querySelectorAll("[data-changed]")) old.remove();
    for (const name of this.names) {
      const input = Object.assign(document.createElement("input"), { type: "hidden", name: "_changed", value: name });
      input.dataset.changed = "";
      this.form.append(input);
    }
  }

  /* An answer that is still under way knows nothing of this change and would write the old value over it. */
  later(name) {
    this.names.add(name || "");
    this.waiting?.abort();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.waiting?.abort();
    this.waiting = new AbortController();
    const body = new FormData(this.form);
    for (const name of this.names) body.append("_changed", name);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    try {
      const state = await post(this.form.dataset.evaluateUrl, body, this.waiting.signal);
      this.names.clear();
      this.apply(state);
    } catch (error) {
      if (error.name !== "AbortError") toast({ text: say("The form could not be checked."), sub: error.message, tone: "bad" });
    }
  }

  apply(state) {
    this.show(state);
    if (state.problems) this.problems(state.problems);
    each(state.properties, (name, html) => this.properties(name, html));
    const similar = this.form.querySelector("[data-similar]");
    if (similar && similar.innerHTML !== state.similar) similar.innerHTML = state.similar ?? "";
    this.form.dispatchEvent(new CustomEvent("intarsia:evaluated", { detail: state }));
  }

  show(state) {
    each(state.visible, (name, on) => this.frames(name, (frame) => (frame.hidden = !on)));
    each(state.required, (name, on) => this.frames(name, (frame) => require(frame, on)));
    each(state.readonly, (name, on) => this.frames(name, (frame) => lock(frame, on)));
    each(state.values, (name, value) => this.value(name, value));
  }

  frames(name, action) {
    for (const frame of this.form.querySelectorAll(`[data-field="${CSS.escape(name)}"]`)) action(frame);
  }

  value(name, given) {
    const { value, title } = given !== null && typeof given === "object" ? given : { value: given };
    for (const output of this.form.querySelectorAll(`[data-value="${CSS.escape(name)}"]`)) {
      output.textContent = title ?? value ?? "–";
    }
    for (const input of this.form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (input === document.activeElement) continue;
      if (input.type === "checkbox" || input.type === "radio") {
        input.checked = input.type === "radio" ? input.value === String(value) : Boolean(value);
      } else if (!(input.type === "hidden" && this.form.elements[name] instanceof RadioNodeList)) {
        input.value = value ?? "";
        const text = input.matches("[data-picker-value]") && input.parentElement.querySelector("[data-picker-text]");
        if (text && text !== document.activeElement) text.value = title ?? "";
      }
    }
  }

  /* Another link may bring other properties; inputs that stay the same keep what is being typed. */
  properties(name, html) {
    const place = this.form.querySelector(`[data-properties="${CSS.escape(name)}"]`);
    if (!place) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const signature = [...fresh.content.querySelectorAll("[data-field]")].map((one) => one.dataset.field).join("/");
    if (signature === place.dataset.signature) return;
    place.dataset.signature = signature;
    place.replaceChildren(fresh.content);
    /* In a line they are folded away; what has to be filled in is shown at once. */
    const folded = place.closest("details");
    if (folded && place.querySelector("[required]")) folded.open = true;
  }

  problems(problems) {
    for (const frame of this.form.querySelectorAll("[data-field]")) {
      frame.querySelector("[data-live-error]")?.remove();
      const text = problems[frame.dataset.field];
      const input = frame.querySelector("[id^=f-]");
      input?.classList.toggle("is-bad", Boolean(text));
      if (!text) continue;
      const line = Object.assign(document.createElement("div"), { className: "i-err", textContent: text });
      line.dataset.liveError = "";
      line.setAttribute("role", "status");
      (frame.querySelector(".ctl") ?? frame).append(line);
    }
  }
}

function each(mapping, action) {
  for (const [name, value] of Object.entries(mapping ?? {})) action(name, value);
}

function controls(frame) {
  return frame.querySelectorAll("input:not([type=hidden]), select, textarea");
}

function require(frame, on) {
  const mark = frame.querySelector("[data-required]");
  if (mark) mark.hidden = !on;
  for (const control of controls(frame)) {
    if (control.type !== "checkbox") control.toggleAttribute("required", on && !control.matches("[data-picker-text]"));
    control.setAttribute("aria-required", String(on));
  }
}

/* A disabled control sends nothing; that is right only for those that cannot be read-only, and the server
   keeps a value that is absent. */
function lock(frame, on) {
  for (const control of controls(frame)) {
    if (control.matches("select, [type=checkbox], [type=radio], [type=file], [type=color]")) control.disabled = on;
    else control.readOnly = on;
  }
}

const known = new WeakSet();

export function startConditions(root) {
  const forms = [...root.querySelectorAll("form[data-evaluate-url]")];
  if (root.matches?.("form[data-evaluate-url]")) forms.push(root);
  for (const form of forms) {
    if (known.has(form)) continue;
    known.add(form);
    new Conditions(form);
  }
}
