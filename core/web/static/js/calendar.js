/* Calendars: moving events by mouse, finger and keys, and new ones by a click on a free place.

   data-calendar   the calendar: address of the entity; data-query its state, data-movable, data-new=<start field>
   data-day        a place for events of that day; with data-hours its height is 24 hours
   data-event      an event by its record, with data-version, data-label, data-href, data-first
   A move is shown at once and taken back with its reason if the server refuses it. */
import { openDialog } from "./board_dialogs.js";
import { startDragging } from "./drag.js";
import { registerKey } from "./keys.js";
import { send } from "./requests.js";
import { toast } from "./toasts.js";
import { say } from "./words.js";

const calendar = document.querySelector("[data-calendar]");
const announcer = document.querySelector("[data-calendar-says]");
const STEP = 15;

const announce = (text) => (announcer.textContent = text);
const placeOf = (event) => event.closest("[data-day]");
const listOf = (place) => place.querySelector(".evs") ?? place;

function minutesAt(place, y) {
  if (!("hours" in place.dataset)) return null;
  const box = place.getBoundingClientRect();
  const share = Math.max(0, Math.min(0.999, (y - box.top) / box.height));
  return Math.floor((share * 24 * 60) / STEP) * STEP;
}

function keep(word) {
  sessionStorage.setItem("calendar", JSON.stringify(word));
}

async function save(event, place, minutes, home, accept = false) {
  const body = new FormData();
  body.set("day", place.dataset.day);
  body.set("version", event.dataset.version);
  if (minutes !== null) body.set("minutes", String(minutes));
  if (accept) body.set("accept", "1");
  const address = `${calendar.dataset.calendar}/${event.dataset.event}/reschedule?${calendar.dataset.query}`;
  event.setAttribute("aria-busy", "true");
  const { ok, data } = await send(address, body);
  event.removeAttribute("aria-busy");
  if (ok) {
    keep({ event: event.dataset.event, text: `${event.dataset.label}: ${data.text}`, undo: data.undo });
    return location.reload();
  }
  home.list.insertBefore(event, home.before);
  event.focus();
  if (data.warning) return openDialog(data.detail, () => put(event, place, minutes, true));
  announce(data.detail);
  const more = data.mend ? { label: say("Open the form"), href: data.mend } : null;
  toast({ text: say("It was not moved."), sub: data.detail, tone: "bad", more });
}

function put(event, place, minutes, accept = false) {
  const from = placeOf(event);
  if (from === place && minutes === null) return;
  const home = { list: event.parentElement, before: event.nextElementSibling };
  listOf(place).append(event);
  if (minutes !== null) event.style.setProperty("--t", String(minutes / 60));
  save(event, place, minutes, home, accept);
}

/* After the page has come back: where the event is now, and how to undo it. */
function told() {
  const text = sessionStorage.getItem("calendar");
  sessionStorage.removeItem("calendar");
  if (!text) return;
  const word = JSON.parse(text);
  toast({ text: word.text, undo: word.undo });
  announce(word.text);
  calendar.querySelector(`[data-event="${CSS.escape(word.event)}"]`)?.focus();
}

let lifted = null;

function mark(target) {
  for (const one of calendar.querySelectorAll(".is-target")) one.classList.remove("is-target");
  target?.classList.add("is-target");
}

function lift(event) {
  lifted = { event, home: { list: event.parentElement, before: event.nextElementSibling }, from: placeOf(event) };
  event.classList.add("drag");
  announce(`${say("Lifted")}: ${event.dataset.label}`);
}

function dayAfter(place, days) {
  const day = new Date(`${place.dataset.day}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  const kind = "hours" in place.dataset ? "[data-hours]" : ":not([data-hours])";
  return calendar.querySelector(`[data-day="${day.toISOString().slice(0, 10)}"]${kind}`);
}

function carry(days) {
  const place = dayAfter(placeOf(lifted.event), days);
  if (!place) return;
  mark(place);
  listOf(place).append(lifted.event);
  lifted.event.focus();
  announce(`${lifted.event.dataset.label}: ${place.dataset.label}`);
}

function settle(stay) {
  const { event, home, from } = lifted;
  const place = placeOf(event);
  lifted = null;
  event.classList.remove("drag");
  mark(null);
  if (stay && place !== from) return void save(event, place, null, home);
  home.list.insertBefore(event, home.before);
  event.focus();
  announce(`${event.dataset.label}: ${from.dataset.label}`);
}

function liftedKey(key) {
  if (!lifted) return;
  const days = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  if (key.key in days) carry(days[key.key] * (document.documentElement.dir === "rtl" && key.key.match(/Left|Right/) ? -1 : 1));
  else if (key.key === "Enter" || key.key === " ") settle(true);
  else if (key.key === "Escape" || key.key === "Tab") settle(false);
  else return;
  key.preventDefault();
  key.stopPropagation();
}

function focused() {
  return document.activeElement?.closest?.("[data-event]");
}

function step(distance) {
  const all = [...calendar.querySelectorAll("[data-event]")];
  const at = all.indexOf(focused());
  all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + distance))]?.focus();
}

function startKeys() {
  calendar.addEventListener("keydown", liftedKey, true);
  registerKey("j", "next event", () => step(1));
  registerKey("k", "previous event", () => step(-1));
  const open = () => (focused() ? location.assign(focused().dataset.href) : false);
  registerKey("e", "open the event", open);
  registerKey("Enter", "", (event) => (event.target.closest("a, button, summary") ? false : open()));
  if ("movable" in calendar.dataset) {
    registerKey("m", "lift the event", () => (focused() ? lift(focused()) : false));
  }
}

function click(event) {
  const place = event.target.closest("[data-day]");
  if (!place || event.target.closest("a, [data-event]") || !calendar.dataset.new) return;
  const minutes = minutesAt(place, event.clientY);
  let value = place.dataset.day;
  if (minutes !== null) {
    const half = Math.floor(minutes / 30) * 30;
    value += `T${String(Math.floor(half / 60)).padStart(2, "0")}:${String(half % 60).padStart(2, "0")}`;
  }
  location.assign(`${calendar.dataset.calendar}/new?${new URLSearchParams({ [calendar.dataset.new]: value })}`);
}

if (calendar) {
  calendar.addEventListener("click", click);
  calendar.querySelector("[data-now]")?.scrollIntoView({ block: "center" });
  startKeys();
  told();
  if ("movable" in calendar.dataset) {
    startDragging(calendar, {
      items: "[data-event]",
      targets: "[data-day]",
      over: (place) => mark(place),
      drop: (event, place, { top }) => put(event, place, minutesAt(place, top)),
    });
  }
}
