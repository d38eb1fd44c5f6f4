/* The side bar: folding to a rail, module groups, fly-outs of the rail, the sheet on phones.

   data-nav-fold   button that folds; "[" does the same
   data-nav-group  <details> of one module; only one is open at a time
   data-nav-sheet  button that shows the navigation on phones */
import { remember } from "./cookies.js";
import { registerKey } from "./keys.js";

const shell = () => document.getElementById("shell");
const narrow = matchMedia("(max-width: 1180px)");
const phone = matchMedia("(max-width: 640px)");

function isRail() {
  return !phone.matches && (shell().classList.contains("is-rail") || narrow.matches);
}

function fold() {
  const folded = shell().classList.toggle("is-rail");
  remember("i_nav", folded ? "rail" : "full");
  document.querySelector("[data-nav-fold]").setAttribute("aria-pressed", String(folded));
  closeFlyouts();
  const here = document.querySelector("#side .i-sub .is-on")?.closest("details");
  if (here && !isRail()) here.open = true;
}

function groups() {
  return [...document.querySelectorAll("[data-nav-group]")];
}

function closeFlyouts() {
  for (const group of groups()) {
    group.classList.remove("is-fly");
    if (isRail()) group.open = false;
  }
}

function onToggle(event) {
  const group = event.target;
  if (!group.matches?.("[data-nav-group]") || !group.open) return;
  for (const other of groups()) if (other !== group) other.open = false;
  const flies = isRail();
  group.classList.toggle("is-fly", flies);
  if (flies) {
    const { top } = group.getBoundingClientRect();
    const height = group.querySelector(".i-sub").offsetHeight;
    const fits = Math.max(8, Math.min(top, innerHeight - height - 8));
    group.style.setProperty("--top", `${fits}px`);
  }
}

function toggleSheet(open) {
  const button = document.querySelector("[data-nav-sheet]");
  const shown = shell().classList.toggle("is-sheet", open);
  button.setAttribute("aria-expanded", String(shown));
  if (shown) document.querySelector("#side a")?.focus();
}

export function startNavigation() {
  if (!shell()) return;
  registerKey("[", "fold the navigation", fold);
  if (isRail()) closeFlyouts();
  narrow.addEventListener("change", closeFlyouts);
  document.addEventListener("toggle", onToggle, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-nav-fold]")) fold();
    if (event.target.closest("[data-nav-sheet]")) toggleSheet();
    else if (!event.target.closest("#side")) {
      if (shell().classList.contains("is-sheet")) toggleSheet(false);
      if (isRail()) closeFlyouts();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (shell().classList.contains("is-sheet")) toggleSheet(false);
    if (isRail()) closeFlyouts();
  });
}
