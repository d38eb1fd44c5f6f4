/* Theme, contrast and row height.

   data-theme-toggle            button that changes between light and dark
   data-theme-label             its text; data-light and data-dark hold both texts
   data-contrast-toggle         button that turns high contrast on and off
   data-density-choice="value"  button that chooses compact, regular or relaxed */
import { chosen, remember } from "./cookies.js";
import { registerKey } from "./keys.js";

function show(theme) {
  document.documentElement.dataset.bsTheme = theme;
  document.querySelector("meta[name=color-scheme]").content = theme;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    const label = button.querySelector("[data-theme-label]");
    const use = button.querySelector("use");
    label.textContent = theme === "dark" ? label.dataset.light : label.dataset.dark;
    const sprite = use.getAttribute("href").split("#")[0];
    use.setAttribute("href", `${sprite}#${theme === "dark" ? "sun" : "moon"}`);
  }
}

function toggleTheme() {
  const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  remember("i_theme", theme);
  show(theme);
}

/* Not every browser tells the server what the system prefers; the next page has it from the cookie. */
function followSystem() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (chosen("i_theme")) return;
    const theme = dark.matches ? "dark" : "light";
    if (chosen("i_system") !== theme) remember("i_system", theme);
    if (document.documentElement.dataset.bsTheme !== theme) show(theme);
  };
  dark.addEventListener("change", follow);
  follow();
}

function toggleContrast() {
  const root = document.documentElement;
  const more = root.dataset.contrast !== "more";
  if (more) root.dataset.contrast = "more";
  else delete root.dataset.contrast;
  remember("i_contrast", more ? "more" : "normal");
  for (const button of document.querySelectorAll("[data-contrast-toggle]")) {
    button.setAttribute("aria-pressed", String(more));
  }
}

function chooseDensity(value) {
  document.body.dataset.density = value;
  remember("i_density", value);
  for (const button of document.querySelectorAll("[data-density-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.densityChoice === value));
  }
}

export function startAppearance() {
  followSystem();
  if (!document.querySelector("[data-theme-toggle]")) return;
  registerKey("g d", "light or dark", toggleTheme);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    if (event.target.closest("[data-contrast-toggle]")) toggleContrast();
    const density = event.target.closest("[data-density-choice]");
    if (density) chooseDensity(density.dataset.densityChoice);
  });
}
