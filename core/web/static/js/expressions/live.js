/* What a form can answer by itself, at once: the server sends the expressions and the answer counts until its own.

   The form's <script type="application/json" data-live> holds, as core/web/pages/form_live.py makes it:
   fields, lines   how inputs are read; given: values that are shown but not edited
   steps           formulas in order: {name, lines, run, write, clean, places, currency, least, around, labels}
   visible, required, readonly   lists of conditions by frame
   measures        unit and decimals of amounts by output; answers of the server bring newer ones */
import { Failure, decimal, round } from "./exact.js";
import { cleaned, inputsOf, readInput, readProperties, writeNumber } from "./inputs.js";
import { compile } from "./run.js";
import { Day, Moment } from "./times.js";
import { NotHere, Row, decode } from "./values.js";

export class Live {
  constructor(form, given) {
    this.form = form;
    this.given = given;
    this.steps = given.steps.map((step) => ({ ...step, run: compile({ tree: step.run }) }));
    for (const kind of ["visible", "required", "readonly"]) this[kind] = compiled(given[kind]);
    this.measures = given.measures;
    this.learn({});
    form.addEventListener("intarsia:evaluated", ({ detail }) => this.learn(detail.values ?? {}));
  }

  /* Which units hold, and what the inputs that decide about them held when the server said so. */
  learn(values) {
    for (const [name, value] of Object.entries(values)) if (value?.measure) this.measures[name] = value.measure;
    this.inputs = inputsOf(this.form);
    const top = { number: null, relations: this.rows() };
    const named = this.steps.flatMap((step) => rowsOf(step, top).map(([, row]) => this.deciding(step, row)));
    this.decided = Object.fromEntries(named.map((name) => [name, this.raw(name)]));
  }

  rows() {
    const lines = Object.keys(this.given.lines);
    return Object.fromEntries(lines.map((name) => [name, this.numbersOf(name).map((number) => ({ number }))]));
  }

  deciding({ measured, lines }, row) {
    const [whose, name] = measured ?? ["", ""];
    return whose === "own" && lines ? `${lines}-${row.number}-${name}` : name;
  }

  raw(name) {
    return this.inputs.get(name)?.[0].value ?? "";
  }

  /* The same shape as an answer of the server; what cannot be told is left out. */
  answer() {
    this.inputs = inputsOf(this.form);
    const top = this.read();
    const around = this.around();
    const values = {};
    for (const step of this.steps) {
      for (const [key, row] of rowsOf(step, top)) this.work(step, key, row, around, values);
    }
    const told = (tests, decide) => this.told(tests, decide, { ...around, this: top });
    return {
      visible: told(this.visible, every),
      required: told(this.required, every),
      readonly: told(this.readonly, (tests, env) => tests.some((run) => run(env) === true)),
      values,
    };
  }

  around() {
    const { zone, today, now } = this.given;
    return { zone, today: Day.parse(today), now: Moment.parse(now), names: {}, settings: {} };
  }

  /* The record as the form holds it now. */
  read() {
    const { entity, id, fields, given, lines, numbers } = this.given;
    const top = new Row(entity, id && BigInt(id), this.values("", fields, numbers));
    for (const [name, { type, value }] of Object.entries(given)) top.values[name] = decode(type, value);
    for (const [name, spec] of Object.entries(lines)) {
      top.relations[name] = this.numbersOf(name).map((number) => {
        const prefix = `${name}-${number}-`;
        const own = this.raw(`${prefix}id`);
        const values = this.values(prefix, spec.fields, numbers);
        return Object.assign(new Row("", own ? BigInt(own) : null, values, { [spec.back]: top }), { number });
      });
    }
    return top;
  }

  values(prefix, fields, numbers) {
    const found = {};
    for (const [name, spec] of Object.entries(fields)) {
      const value =
        spec.read === "properties"
          ? readProperties(this.inputs, prefix + name, numbers)
          : readInput(this.inputs.get(prefix + name), spec, numbers);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  numbersOf(lines) {
    const rows = this.form.querySelectorAll(`[data-lines="${CSS.escape(lines)}"] [data-line]`);
    return [...rows].map((row) => row.querySelector("[name$='-id']").name.slice(lines.length + 1, -"-id".length));
  }

  /* One formula for one row: its value for the formulas that follow, its text for the page. */
  work(step, key, row, around, values) {
    const value = attempt(() => this.kept(step, key, row, step.run({ ...around, this: row })));
    if (value === undefined) return;
    row.values[step.name] = value;
    if (step.write) values[key] = { title: this.text(step, key, value) || null };
  }

  measure(step, key) {
    return this.measures[key] ?? this.measures[key.replace(/-\d+-/, "-__n__-")] ?? {};
  }

  /* As a save would keep it: rounded to the field's places and its currency's. */
  kept(step, key, row, value) {
    const deciding = this.deciding(step, row);
    if (this.raw(deciding) !== (this.decided[deciding] ?? "")) throw new NotHere(deciding);
    if (value === null) return step.write === "boolean" ? false : null;
    if (step.clean) return cleaned(value);
    if (step.places === undefined) return value;
    const own = step.currency ? this.measure(step, key).places ?? step.places : step.places;
    return round(decimal(value), BigInt(Math.min(own, step.places)));
  }

  text(step, key, value) {
    if (value === null) return "";
    if (step.write === "boolean") return this.given.words[value];
    if (step.write === "choice") return step.labels[value] ?? value;
    if (step.write === "text") return value;
    const { unit, places } = this.measure(step, key);
    const text = writeNumber(value, this.given.numbers, places ?? step.least);
    const [before, after] = step.around ?? ["", ""];
    return before + text + after + (unit ? ` ${unit}` : "");
  }

  told(tests, decide, env) {
    const found = {};
    for (const [name, runs] of Object.entries(tests)) {
      const answer = attempt(() => decide(runs, { ...env }));
      if (answer !== undefined) found[name] = answer;
    }
    return found;
  }
}

function compiled(tests) {
  const made = Object.entries(tests).map(([name, trees]) => [name, trees.map((tree) => compile({ tree }))]);
  return Object.fromEntries(made);
}

const every = (tests, env) => tests.every((run) => run(env) === true);

function rowsOf({ name, lines }, top) {
  if (!lines) return [[name, top]];
  return top.relations[lines].map((row) => [`${lines}-${row.number}-${name}`, row]);
}

/* undefined: only the server knows. */
function attempt(action) {
  try {
    return action();
  } catch (error) {
    if (error instanceof NotHere || error instanceof Failure) return undefined;
    throw error;
  }
}
