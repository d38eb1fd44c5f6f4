/* Days, moments, times of day and lengths of time, in the calendar of the server.

   Each holds one count: a Day its number (1 is 0001-01-01), a Moment microseconds since 1970 in UTC, a Clock
   microseconds since midnight, a Span microseconds. Weeks are ISO weeks, weekdays run from 1 (Monday) to 7. */
import { Failure } from "./exact.js";

export const MICROS_A_DAY = 86_400_000_000n;
const EPOCH = 719_163; // the number of 1970-01-01
const LAST_DAY = 3_652_059; // the number of 9999-12-31
const FIRST_MOMENT = BigInt(1 - EPOCH) * MICROS_A_DAY;
const LAST_MOMENT = BigInt(LAST_DAY + 1 - EPOCH) * MICROS_A_DAY - 1n;
const LONGEST = 999_999_999n * MICROS_A_DAY;
const outside = () => new Failure("the date lies outside the calendar");
const pad = (number, width) => String(number).padStart(width, "0");

export const floorDiv = (a, b) => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);

export class Day {
  constructor(count) {
    if (!(count >= 1 && count <= LAST_DAY)) throw outside();
    this.count = count;
  }

  static of(year, month, day) {
    if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month))) {
      throw new Failure(`${year}-${month}-${day} is no day`);
    }
    return new Day(dayNumber(year, month, day));
  }

  static parse(text) {
    return Day.of(...text.split("-").map(Number));
  }

  parts() {
    const date = new Date((this.count - EPOCH) * 86_400_000);
    return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  }

  weekday() {
    return ((this.count - 1) % 7) + 1;
  }

  toString() {
    const [year, month, day] = this.parts();
    return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  }
}

function dayNumber(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.round(date.getTime() / 86_400_000) + EPOCH;
}

function monthLength(year, month) {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

export class Span {
  constructor(count) {
    if (count < -LONGEST || count >= LONGEST + MICROS_A_DAY) throw new Failure("the duration is too long");
    this.count = count;
  }

  toString() {
    return String(this.count);
  }
}

const CLOCK = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?/;

export class Clock {
  constructor(count) {
    this.count = count;
  }

  static parse(text) {
    const [, hours, minutes, seconds = "0", fraction = ""] = CLOCK.exec(text);
    const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
    return new Clock(whole * 1_000_000n + BigInt(fraction.padEnd(6, "0")));
  }

  toString() {
    const [seconds, fraction] = [this.count / 1_000_000n, this.count % 1_000_000n];
    const shown = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => pad(part, 2)).join(":");
    return fraction ? `${shown}.${pad(fraction, 6)}` : shown;
  }
}

export class Moment {
  constructor(count) {
    if (count < FIRST_MOMENT || count > LAST_MOMENT) throw outside();
    this.count = count;
  }

  /* ISO text with an offset: 2026-03-29T00:59:59.999999+00:00 */
  static parse(text) {
    const [, day, clock, sign, hours, minutes] = /^(.{10})[T ]([\d:.]+)(?:Z|([+-])(\d\d):?(\d\d))?$/.exec(text);
    const away = sign ? BigInt(hours) * 60n + BigInt(minutes) : 0n;
    const local = atLocal(Day.parse(day), Clock.parse(clock));
    return new Moment(local - (sign === "-" ? -away : away) * 60_000_000n);
  }

  toString() {
    const day = floorDiv(this.count, MICROS_A_DAY);
    const clock = new Clock(this.count - day * MICROS_A_DAY);
    return `${new Day(Number(day) + EPOCH)}T${clock}+00:00`;
  }
}

function atLocal(day, clock) {
  return BigInt(day.count - EPOCH) * MICROS_A_DAY + clock.count;
}

/* -- zones ------------------------------------------------------------------------------------------------- */

const formats = new Map();

function formatOf(zone) {
  if (!formats.has(zone)) {
    const wanted = { timeZone: zone, hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric" };
    const clock = { hour: "numeric", minute: "numeric", second: "numeric" };
    formats.set(zone, new Intl.DateTimeFormat("en-US", { ...wanted, ...clock, calendar: "gregory" }));
  }
  return formats.get(zone);
}

/* How far the clocks of the zone are ahead of UTC at a count of microseconds. */
function offset(count, zone) {
  const seconds = floorDiv(count, 1_000_000n);
  const parts = {};
  for (const { type, value } of formatOf(zone).formatToParts(new Date(Number(seconds) * 1000))) parts[type] = value;
  const year = parts.era.startsWith("B") ? 1 - Number(parts.year) : Number(parts.year);
  const days = dayNumber(year, Number(parts.month), Number(parts.day)) - EPOCH;
  const local = ((days * 24 + Number(parts.hour)) * 60 + Number(parts.minute)) * 60 + Number(parts.second);
  return (BigInt(local) - seconds) * 1_000_000n;
}

export function dayOf(moment, zone) {
  const local = moment.count + offset(moment.count, zone);
  return new Day(Number(floorDiv(local, MICROS_A_DAY)) + EPOCH);
}

/* A time that clocks show twice is the first; one they leave out is reckoned as before the change. */
export function momentOf(day, clock, zone) {
  const local = atLocal(day, clock);
  const [before, after] = [offset(local - MICROS_A_DAY, zone), offset(local + MICROS_A_DAY, zone)];
  const early = local - before;
  if (before === after || offset(early, zone) === before) return new Moment(early);
  const late = local - after;
  return new Moment(offset(late, zone) === after ? late : early);
}

/* -- calendar ---------------------------------------------------------------------------------------------- */

export function addMonths(day, months) {
  const [year, month, date] = day.parts();
  const count = BigInt(year * 12 + month - 1) + months;
  const [toYear, toMonth] = [floorDiv(count, 12n), Number(count - floorDiv(count, 12n) * 12n) + 1];
  if (toYear < 1n || toYear > 9999n) throw outside();
  return Day.of(Number(toYear), toMonth, Math.min(date, monthLength(Number(toYear), toMonth)));
}

export function shift(day, days) {
  const count = BigInt(day.count) + days;
  if (count < 1n || count > BigInt(LAST_DAY)) throw outside();
  return new Day(Number(count));
}

export function isoWeek(day) {
  /* The week belongs to the year of its Thursday. */
  const thursday = day.count - day.weekday() + 4;
  const year = new Date((thursday - EPOCH) * 86_400_000).getUTCFullYear();
  return Math.floor((thursday - dayNumber(year, 1, 1)) / 7) + 1;
}

export const quarterOf = (day) => Math.ceil(day.parts()[1] / 3);

export function startOf(day, unit) {
  const [year, month] = day.parts();
  if (unit === "week") return new Day(day.count - day.weekday() + 1);
  if (unit === "month") return Day.of(year, month, 1);
  return Day.of(year, unit === "quarter" ? quarterOf(day) * 3 - 2 : 1, 1);
}

export function endOf(day, unit) {
  const start = startOf(day, unit);
  if (unit === "week") return shift(start, 6n);
  const [year, month] = addMonths(start, { month: 0n, quarter: 2n, year: 11n }[unit]).parts();
  return Day.of(year, month, monthLength(year, month));
}

export function monthsBetween(a, b) {
  if (b.count < a.count) return -monthsBetween(b, a);
  const [[fromYear, fromMonth], [toYear, toMonth]] = [a.parts(), b.parts()];
  const months = BigInt((toYear - fromYear) * 12 + toMonth - fromMonth);
  return addMonths(a, months).count > b.count ? months - 1n : months;
}
