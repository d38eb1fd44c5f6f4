/* Pages of one record: neighbours in the list it was opened from, tabs, leaving, conflicts.

   data-neighbours   holds data-previous and data-next; shown when the list is known
   data-tabs         buttons with aria-controls; Left and Right move between them
   data-cancel       the link that leaves a form; Esc presses it
   data-take         a choice between my value and theirs; data-mine: my inputs, data-take-lines for lines */

function startNeighbours() {
  const holder = document.querySelector("[data-neighbours]");
  const list = location.pathname.replace(/\/\d+$/, "");
  const kept = JSON.parse(sessionStorage.getItem(`rows ${list}`) ?? "null");
  const at = kept?.rows.indexOf(location.pathname) ?? -1;
  if (!holder || at < 0) return;
  holder.hidden = false;
  holder.querySelector("[data-neighbours-text]").textContent = `${at + 1} / ${kept.rows.length}`;
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    const link = holder.querySelector(`[data-${name}]`);
    const href = kept.rows[at + step];
    if (href) link.href = href;
    else {
      link.removeAttribute("data-key");
      link.classList.add("is-off");
      link.setAttribute("aria-disabled", "true");
      // Without an address it is no link by itself, and then it may have no name.
      link.setAttribute("role", "link");
    }
  }
  for (const link of document.querySelectorAll(".i-crumbs a")) {
    if (new URL(link.href).pathname === list) link.href = kept.list;
  }
}

function choose(tabs, button) {
  for (const other of tabs.querySelectorAll("[role=tab]")) {
    const on = other === button;
    other.setAttribute("aria-selected", String(on));
    other.classList.toggle("is-on", on);
    other.tabIndex = on ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
  }
}

function startTabs(tabs) {
  const shown = () => [...tabs.querySelectorAll("[role=tab]:not([hidden])")];
  tabs.addEventListener("click", (event) => {
    const button = event.target.closest("[role=tab]");
    if (button) choose(tabs, button);
  });
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = shown();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    choose(tabs, next);
    next.focus();
  });
  const bad = document.querySelector("[role=tabpanel] .is-bad")?.closest("[role=tabpanel]");
  choose(tabs, (bad && document.getElementById(bad.getAttribute("aria-labelledby"))) || shown()[0]);
}

function startChoices() {
  document.addEventListener("change", (event) => {
    const { take } = event.target.dataset;
    if (take) {
      for (const input of document.querySelectorAll(`[data-mine="${CSS.escape(take)}"]`)) {
        input.disabled = event.target.value === "theirs";
      }
    } else if (event.target.matches("[data-take-lines]")) {
      for (const input of document.querySelectorAll("[data-mine-lines]")) input.disabled = !event.target.checked;
    }
  });
}

/* A new record waits for its first field; on a phone the keyboard would hide the rest. */
function startNew() {
  if (matchMedia("(pointer: coarse)").matches || innerWidth < 700) return;
  document.querySelector("form[data-new] :is(input:not([type=hidden]), select, textarea):not([readonly])")?.focus();
}

startNeighbours();
startChoices();
startNew();
document.querySelectorAll("[data-tabs]").forEach(startTabs);
const cancel = document.querySelector("[data-cancel]");
if (cancel) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    cancel.click();
  });
}
