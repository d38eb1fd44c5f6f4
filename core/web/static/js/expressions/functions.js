/* The functions and operators that run in the browser, by the names of the server's catalogue.

   Each takes values that are not null, except those under LENIENT. `around` functions take the zone as well.
   What is missing here stays with the server: core/expressions/browser.py says which these are. */
import * as exact from "./exact.js";
import { Failure } from "./exact.js";
import { fold, lower, upper } from "./texts.js";
import * as times from "./times.js";
import { Day, MICROS_A_DAY, Moment, Span, floorDiv } from "./times.js";
import { compare, equal } from "./values.js";

const MOST_COUNT = 1_000_000_000n;
const MOST_ITEMS = 1000;
const known = (text) => text || null;
const part = (index) => (day) => BigInt(day.parts()[index]);
const extreme = (sign) => (...values) => values.reduce((best, one) => (compare(one, best) * sign < 0 ? one : best));

const NUMBERS = {
  add: exact.add,
  subtract: exact.subtract,
  multiply: exact.multiply,
  divide: exact.divide,
  modulo: exact.modulo,
  negate: exact.negate,
  to_decimal: exact.decimal,
  abs: exact.absolute,
  round: exact.round,
  round_whole: (x, mode) => BigInt(String(exact.round(x, 0n, mode))),
  floor: exact.floor,
  ceil: exact.ceil,
  sign: exact.sign,
  magnitude: (x) => x,
  retype: (x) => x,
  step_up: exact.stepUp,
  least: extreme(1),
  greatest: extreme(-1),
  to_unit: (amount, family, over, under, otherFamily, otherOver, otherUnder) => {
    if (family !== otherFamily) throw new Failure("these units have no common measure");
    return exact.divide(exact.multiply(amount, over * otherUnder), under * otherOver);
  },
};

const COMPARISONS = {
  "==": equal,
  "!=": (a, b) => !equal(a, b),
  "<": (a, b) => compare(a, b) < 0,
  "<=": (a, b) => compare(a, b) <= 0,
  ">": (a, b) => compare(a, b) > 0,
  ">=": (a, b) => compare(a, b) >= 0,
};

const TEXTS = {
  lower,
  upper,
  trim: (text) => known(text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")),
  length: (text) => BigInt([...text].length),
  left: (text, count) => (count > 0n ? known([...text].slice(0, Number(count)).join("")) : null),
  right: (text, count) => (count > 0n ? known([...text].slice(-Number(count)).join("")) : null),
  contains: (text, part) => fold(text).includes(fold(part)),
  starts: (text, part) => fold(text).startsWith(fold(part)),
  ends: (text, part) => fold(text).endsWith(fold(part)),
  text_join: (a, b) => a + b,
  id_text: String,
  within: (path, id) => path.includes(`/${id}/`),
};

const length = (micros) => (count) => {
  const far = compare(count, MOST_COUNT) > 0 || compare(count, -MOST_COUNT) < 0;
  if (far) throw new Failure("the duration is too long");
  return new Span(BigInt(String(exact.round(exact.multiply(count, micros)))));
};
const inUnits = (micros) => (span) => exact.divide(span.count, micros);
const HOUR = 3_600_000_000n;
const days = (span) => floorDiv(span.count, MICROS_A_DAY);

const SPANS = {
  weeks: length(7n * MICROS_A_DAY),
  days: length(MICROS_A_DAY),
  hours: length(HOUR),
  minutes: length(60_000_000n),
  seconds: length(1_000_000n),
  in_hours: inUnits(HOUR),
  in_days: inUnits(MICROS_A_DAY),
  months: (count) => count,
  years: (count) => count * 12n,
  date_plus: (day, span) => times.shift(day, days(span)),
  date_minus: (day, span) => times.shift(day, floorDiv(-span.count, MICROS_A_DAY)),
  date_difference: (a, b) => new Span(BigInt(a.count - b.count) * MICROS_A_DAY),
  moment_plus: (moment, span) => new Moment(moment.count + span.count),
  moment_minus: (moment, span) => new Moment(moment.count - span.count),
  moment_difference: (a, b) => new Span(a.count - b.count),
  duration_add: (a, b) => new Span(a.count + b.count),
  duration_subtract: (a, b) => new Span(a.count - b.count),
  duration_negate: (a) => new Span(-a.count),
  duration_times: (span, factor) => {
    const { count, places } = exact.decimal(factor);
    return new Span(exact.halfUp(span.count * count, 10n ** BigInt(places)));
  },
  duration_ratio: (a, b) => exact.divide(a.count, b.count),
};

const DAYS = {
  year: part(0),
  month: part(1),
  day: part(2),
  quarter: (day) => BigInt(times.quarterOf(day)),
  week: (day) => BigInt(times.isoWeek(day)),
  weekday: (day) => BigInt(day.weekday()),
  start_of: times.startOf,
  end_of: times.endOf,
  days_between: (a, b) => BigInt(b.count - a.count),
  months_between: times.monthsBetween,
  overlap_days: (a1, a2, b1, b2) => {
    const shared = Math.min(a2.count, b2.count) - Math.max(a1.count, b1.count) + 1;
    return BigInt(Math.max(0, shared));
  },
  plus_months: times.addMonths,
  minus_months: (day, months) => times.addMonths(day, -months),
  series,
  upto,
};

function tooMany() {
  return new Failure(`a series has at most ${MOST_ITEMS} items`);
}

function series(start, until, unit) {
  const months = { month: 1n, quarter: 3n, year: 12n }[unit];
  const found = [];
  for (let count = 0n; ; count++) {
    const day = months ? times.addMonths(start, months * count) : times.shift(start, (unit === "week" ? 7n : 1n) * count);
    if (day.count > until.count) return found;
    if (found.length === MOST_ITEMS) throw tooMany();
    found.push(day);
  }
}

function upto(count) {
  if (count > BigInt(MOST_ITEMS)) throw tooMany();
  return Array.from({ length: Math.max(0, Number(count)) }, (_, index) => BigInt(index + 1));
}

/* One value of a field of properties; what is none of the wanted type is unknown. */
function property(pattern, make) {
  return (document, name) => {
    const value = document[name];
    if (value === undefined || value === null || typeof value === "object") return null;
    const text = String(value);
    return text && (!pattern || pattern.test(text)) ? make(text) : null;
  };
}

function dayOrNothing(text) {
  const [year, month, day] = text.split("-").map(Number);
  const days = [31, year % 4 || (!(year % 100) && year % 400) ? 28 : 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year && day <= days[month - 1] ? Day.parse(text) : null;
}

const PROPERTIES = {
  property_text: property(null, (text) => text),
  property_number: property(/^-?[0-9]{1,12}(\.[0-9]{1,6})?$/, exact.Decimal.parse),
  property_whole: property(/^-?[0-9]{1,10}$/, BigInt),
  property_truth: property(/^(true|false)$/, (text) => text === "true"),
  property_day: property(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/, dayOrNothing),
};

export const STRICT = { ...PROPERTIES, ...NUMBERS, ...COMPARISONS, ...TEXTS, ...SPANS, ...DAYS };

export const AROUND = {
  date: (zone, ...args) => (args.length === 1 ? times.dayOf(args[0], zone) : Day.of(...args.map(Number))),
  datetime: (zone, day, clock) => times.momentOf(day, clock, zone),
};

export const LENIENT = {
  same: (a, b) => (a === null || b === null ? a === b : equal(a, b)),
  concat: (...texts) => known(texts.filter((text) => text !== null).join("")),
  replace: (text, old, fresh) => (text === null || old === null ? null : known(text.replaceAll(old, () => fresh ?? ""))),
  convert: (amount, source, target, day, sourceRate, targetRate) => {
    if (amount === null || source === null || target === null || day === null) return null;
    if (source === target) return amount;
    const usable = (rate) => rate !== null && exact.sign(rate) !== 0n;
    if (!usable(sourceRate) || !usable(targetRate)) throw new Failure(`there is no exchange rate for ${day}`);
    return exact.divide(exact.multiply(amount, sourceRate), targetRate);
  },
};

/* The place of a key in an ordered choice. */
export function rank(choices) {
  const places = new Map(choices.map((key, index) => [key, BigInt(index)]));
  return (key) => places.get(key) ?? null;
}

