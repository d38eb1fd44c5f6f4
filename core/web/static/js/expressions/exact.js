/* Exact numbers, as the server reckons: right to the last digit, or a Failure.

   A whole number is a BigInt, any other a Decimal: a count of 10^-places. Limits and roundings are those of
   core/expressions/exact.py. */
export class Failure extends Error {}

const MOST_DIGITS = 38;
const LIMIT = 10n ** BigInt(MOST_DIGITS);
const QUOTIENT_PLACES = 12;

export class Decimal {
  constructor(count, places) {
    this.count = count;
    this.places = places;
  }

  static parse(text) {
    const [, sign, whole, fraction = ""] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
    const count = BigInt(whole + fraction);
    return new Decimal(sign === "-" ? -count : count, fraction.length);
  }

  /* The one spelling: no exponent, no trailing zeros. */
  toString() {
    const digits = String(size(this.count)).padStart(this.places + 1, "0");
    const cut = digits.length - this.places;
    const fraction = digits.slice(cut).replace(/0+$/, "");
    const text = fraction ? `${digits.slice(0, cut)}.${fraction}` : digits.slice(0, cut);
    return this.count < 0n ? `-${text}` : text;
  }
}

const size = (count) => (count < 0n ? -count : count);
const power = (exponent) => 10n ** BigInt(exponent);

function tooLong() {
  return new Failure(`the result has more than ${MOST_DIGITS} digits`);
}

function whole(value) {
  if (value < LIMIT && value > -LIMIT) return value;
  throw tooLong();
}

function fits(value) {
  if (size(value.count) < LIMIT) return value;
  const digits = String(size(value.count)).replace(/0+$/, "");
  if (digits.length > MOST_DIGITS) throw tooLong();
  return value;
}

export function decimal(number) {
  return number instanceof Decimal ? number : new Decimal(number, 0);
}

function aligned(a, b) {
  const [x, y] = [decimal(a), decimal(b)];
  const places = Math.max(x.places, y.places);
  return [x.count * power(places - x.places), y.count * power(places - y.places), places];
}

const bothWhole = (a, b) => typeof a === "bigint" && typeof b === "bigint";

export function add(a, b) {
  if (bothWhole(a, b)) return whole(a + b);
  const [x, y, places] = aligned(a, b);
  return fits(new Decimal(x + y, places));
}

export function subtract(a, b) {
  if (bothWhole(a, b)) return whole(a - b);
  const [x, y, places] = aligned(a, b);
  return fits(new Decimal(x - y, places));
}

export function multiply(a, b) {
  if (bothWhole(a, b)) return whole(a * b);
  const [x, y] = [decimal(a), decimal(b)];
  return fits(new Decimal(x.count * y.count, x.places + y.places));
}

/* A quotient of two counts, halves away from zero. */
export function halfUp(over, under) {
  const rounded = (2n * size(over) + size(under)) / (2n * size(under));
  return over < 0n === under < 0n ? rounded : -rounded;
}

function halfEven(over, under) {
  const [above, below] = [size(over), size(under)];
  let found = above / below;
  const twice = 2n * (above % below);
  if (twice > below || (twice === below && found % 2n === 1n)) found += 1n;
  return over < 0n === under < 0n ? found : -found;
}

export function divide(a, b) {
  const [x, y] = aligned(a, b);
  if (y === 0n) return null;
  return fits(new Decimal(halfUp(x * power(QUOTIENT_PLACES), y), QUOTIENT_PLACES));
}

export function modulo(a, b) {
  /* Like the server's: the sign of the first number, which is what BigInt does. */
  return b === 0n ? null : a % b;
}

export function negate(a) {
  return typeof a === "bigint" ? -a : new Decimal(-a.count, a.places);
}

export function absolute(a) {
  return typeof a === "bigint" ? size(a) : new Decimal(size(a.count), a.places);
}

export function sign(a) {
  const { count } = decimal(a);
  return count > 0n ? 1n : count < 0n ? -1n : 0n;
}

export function floor(a) {
  const { count, places } = decimal(a);
  const step = power(places);
  const cut = count / step;
  return whole(count % step < 0n ? cut - 1n : cut);
}

export function ceil(a) {
  return negate(floor(negate(a)));
}

export function round(a, places = 0n, mode = "up") {
  if (places > BigInt(MOST_DIGITS) || places < BigInt(-MOST_DIGITS)) throw tooLong();
  const { count, places: given } = decimal(a);
  const wanted = Number(places);
  if (given <= wanted) return fits(new Decimal(count * power(wanted - given), wanted));
  const step = power(given - wanted);
  const rounded = mode === "even" ? halfEven(count, step) : halfUp(count, step);
  return fits(wanted >= 0 ? new Decimal(rounded, wanted) : new Decimal(rounded * power(-wanted), 0));
}

export function stepUp(a, lot) {
  const [x, y, places] = aligned(a, lot);
  if (y <= 0n) return null;
  const multiple = fits(new Decimal((x / y) * y, places));
  return multiple.count >= x ? multiple : decimal(add(multiple, decimal(lot)));
}

export function order(a, b) {
  if (bothWhole(a, b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}
