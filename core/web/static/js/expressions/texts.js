/* Case and accents of texts, character by character as the server has them (core/expressions/folding.py). */

/* Marks above or below a letter: those that may change places with another mark. */
function isMark(character) {
  const before = `${character}\u0334`;
  const after = `\u0345${character}`;
  return before.normalize("NFD") !== before || after.normalize("NFD") !== after;
}

/* Full case folding; beyond lower case of upper case there are Cherokee, whose small letters
   came late, ı and ẞ. */
function folded(character) {
  const code = character.codePointAt(0);
  if (code === 0x131 || (code >= 0x13a0 && code <= 0x13f5)) return character;
  if (code >= 0x13f8 && code <= 0x13fd) return String.fromCodePoint(code - 8);
  if (code >= 0xab70 && code <= 0xabbf) return String.fromCodePoint(code - 0xab70 + 0x13a0);
  if (code === 0x1e9e) return "ss";
  return [...character.toUpperCase()].map((one) => one.toLowerCase()).join("");
}

const ASCII = /^[\x00-\x7f]*$/;

export function fold(text) {
  if (ASCII.test(text)) return text.toLowerCase();
  let found = "";
  for (const character of text.normalize("NFKD")) if (!isMark(character)) found += folded(character);
  return found;
}

/* A letter whose other case is several letters stays as it is. */
function changed(text, change) {
  return [...text].map((one) => ([...change(one)].length === 1 ? change(one) : one)).join("");
}

export const lower = (text) => changed(text, (one) => one.toLowerCase());
export const upper = (text) => changed(text, (one) => one.toUpperCase());

export function compareTexts(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const away = left[i].codePointAt(0) - right[i].codePointAt(0);
    if (away) return away;
  }
  return left.length - right.length;
}
