/* Values of expressions: comparing them, and their way to and from the texts that travel.

   text String, whole number BigInt, other numbers Decimal, boolean, Day, Clock, Moment, Span, choice its key,
   multichoice an Array, link the id as BigInt, reference Ref, unknown null. */
import { Decimal, order } from "./exact.js";
import { compareTexts } from "./texts.js";
import { Clock, Day, Moment, Span } from "./times.js";

export class Ref {
  constructor(entity, id) {
    this.entity = entity;
    this.id = id;
  }
}

/* One record: values by name, and what is behind links and lists, as far as it is known. */
export class Row {
  constructor(entity, id, values = {}, relations = {}) {
    Object.assign(this, { entity, id, values, relations });
  }

  read(name) {
    if (name in this.values) return this.values[name];
    if (name === "id") return this.id;
    throw new NotHere(`${this.entity}.${name}`);
  }

  related(name) {
    if (name in this.relations) return this.relations[name];
    if (this.values[name] === null) return null;
    throw new NotHere(`${this.entity}.${name}`);
  }
}

/* What the page does not hold; the server has to answer. */
export class NotHere extends Error {}

export function compare(a, b) {
  if (typeof a === "bigint" || a instanceof Decimal) return order(a, b);
  if (typeof a === "string") return compareTexts(a, b);
  if (typeof a === "boolean") return Number(a) - Number(b);
  return a.count < b.count ? -1 : a.count > b.count ? 1 : 0;
}

/* Equal values have one key. */
export function keyOf(value) {
  if (value instanceof Row) return value;
  if (value instanceof Ref) return `${value.entity}:${value.id}`;
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  return typeof value === "string" ? `'${value}'` : String(value);
}

export const equal = (a, b) => keyOf(a) === keyOf(b);

const READERS = {
  integer: BigInt,
  months: BigInt,
  link: BigInt,
  decimal: Decimal.parse,
  percent: Decimal.parse,
  money: Decimal.parse,
  quantity: Decimal.parse,
  date: Day.parse,
  datetime: Moment.parse,
  time: Clock.parse,
  duration: (text) => new Span(BigInt(text)),
  reference: ([entity, id]) => new Ref(entity, BigInt(id)),
};

export function decode(type, given) {
  if (given === null || given === undefined) return null;
  if (type.kind === "list") return given.map((one) => decode(type.item, one));
  const read = READERS[type.kind];
  return read ? read(given) : given;
}

export function encode(value) {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof Row) return encode(value.id);
  if (value instanceof Ref) return [value.entity, String(value.id)];
  return String(value);
}
