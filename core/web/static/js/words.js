/* What scripts say, in the reader's language: the English form is the key.

   <script type="application/json" id="words"> holds the other language, if it is one. */
const known = JSON.parse(document.getElementById("words")?.textContent || "{}");

export function say(text, facts = {}) {
  let shown = known[text] ?? text;
  for (const [name, value] of Object.entries(facts)) shown = shown.replace(`{${name}}`, value);
  return shown;
}
