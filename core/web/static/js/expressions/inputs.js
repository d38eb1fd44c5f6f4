/* Reads the inputs of a form as the server will, and writes numbers as it does.

   A text that is no value makes the field unknown (undefined), so what reads it waits for the server. */
import { Decimal } from "./exact.js";
import { Clock, Day, momentOf } from "./times.js";
import { decode, Ref } from "./values.js";

const MARKS = /[\u200e\u200f\u061c]/g;
const MINUS = /[\u2212\u2010-\u2013\ufe63\uff0d]/g;
const SPACES = /[ '\u2019\u00a0\u2009\u202f\u066c]/g;
const AROUND = /^[ \t\r\n\u00a0\u2007\u202f\u3000\ufeff]+|[ \t\r\n\u00a0\u2007\u202f\u3000\ufeff]+$/g;

/* A number as people of the language write it; null for none, undefined for a text that is no number. */
export function readNumber(text, { point, group, sizes }) {
  let body = text.replace(MARKS, "").trim().replace(MINUS, "-");
  if (!body) return null;
  const signed = /^([+-])\s*(.*)$/.exec(body) ?? [null, "+", body];
  body = signed[2].replace(SPACES, "'");
  const mark = [...body].find((c) => c === point || (c === "." && group !== "."));
  const [whole, fraction = "0"] = mark ? split(body, mark) : [body];
  const own = group.replace(SPACES, "'");
  const parts = whole.split(whole.includes(own) ? own : "'");
  if (!grouped(parts, sizes) || !/^\d*$/.test(fraction)) return undefined;
  return Decimal.parse(`${signed[1]}${parts.join("") || "0"}.${fraction || "0"}`);
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + 1)];
}

function grouped(parts, sizes) {
  if (!parts.every((part, index) => /^\d+$/.test(part) || (index === 0 && parts.length === 1 && !part))) return false;
  if (parts.length === 1) return true;
  const inner = parts.slice(1, -1).every((part) => part.length === 3 || part.length === sizes[1]);
  return inner && parts.at(-1).length === 3 && parts[0].length <= 3;
}

export function writeNumber(value, { point, group, minus, sizes }, least = 0) {
  const text = String(value);
  let [whole, fraction = ""] = text.replace("-", "").split(".");
  const groups = [];
  for (let size = sizes[0]; whole.length > size; size = sizes[1]) {
    groups.unshift(whole.slice(-size));
    whole = whole.slice(0, -size);
  }
  const padded = fraction.padEnd(least, "0");
  const shown = [whole, ...groups].join(group) + (padded ? point + padded : "");
  return text.startsWith("-") ? minus + shown : shown;
}

/* A text as it is kept. */
export function cleaned(text) {
  return text.replace(AROUND, "").normalize("NFC") || null;
}

function number(text, numbers, type) {
  const found = readNumber(text, numbers);
  if (!found || type.kind !== "integer") return found;
  return String(found).includes(".") ? undefined : BigInt(String(found));
}

const READERS = {
  number: (text, { numbers, type }) => number(text, numbers, type),
  percent: (text, { numbers, type }) => number(text.replace(/[%\u066a\ufe6a\uff05]/g, ""), numbers, type),
  answer: (text) => (text ? text === "1" : null),
  date: (text) => (text ? Day.parse(text) : null),
  time: (text) => (text ? Clock.parse(text) : null),
  datetime: (text, { zone }) => {
    if (!text) return null;
    const [day, clock] = text.split("T");
    return momentOf(Day.parse(day), Clock.parse(clock), zone);
  },
  reference: (text) => {
    const [entity, id] = split(text, ":");
    return text ? new Ref(entity, BigInt(id)) : null;
  },
  text: cleaned,
  textarea: cleaned,
};
READERS.money = READERS.quantity = READERS.number;

/* The inputs of a form by name, in one walk: a form with many lines is read at every key. */
export function inputsOf(form) {
  const found = new Map();
  for (const input of form.elements) {
    const known = found.get(input.name);
    if (known) known.push(input);
    else found.set(input.name, [input]);
  }
  return found;
}

/* The properties of a field, from inputs called field:kind:name; undefined if one of them is no value. */
export function readProperties(inputs, name, numbers) {
  const found = {};
  for (const [key, list] of inputs) {
    const [owner, kind, ...rest] = key.split(":");
    if (owner !== name || !rest.length) continue;
    const text = list.at(-1).value;
    const number = ["integer", "decimal"].includes(kind);
    const value = number ? readNumber(text, numbers) : cleaned(text);
    if (value === undefined) return undefined;
    if (value !== null) found[rest.join(":")] = kind === "boolean" ? value === "1" : String(value);
  }
  return Object.keys(found).length ? found : null;
}

/* The value of the inputs of one name; spec: {type, read, zone}. */
export function readInput(inputs, spec, numbers) {
  if (!inputs) return undefined;
  if (spec.read === "checkbox") return inputs.some((input) => input.type === "checkbox" && input.checked);
  const chosen = inputs.filter((input) => !["checkbox", "radio"].includes(input.type) || input.checked);
  if (spec.read === "multiselect") {
    const keys = chosen.map((input) => input.value).filter(Boolean);
    return keys.length ? keys : null;
  }
  const text = chosen.at(-1)?.value ?? "";
  try {
    const reader = READERS[spec.read];
    return reader ? reader(text, { ...spec, numbers }) : decode(spec.type, text || null);
  } catch {
    return undefined;
  }
}
