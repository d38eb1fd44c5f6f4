/* The entry of every page: starts the islands, again for each part that htmx swaps in.

   data-opens="<dialog id>"   opens that dialog; data-closes inside it closes it
   data-vars="w:40;p:15"      sets --w and --p through CSSOM (the policy forbids style attributes)
   data-copy                  text that a click copies
   data-help="text"           "?" of a field; data-why="text" reason of a grey button: both open a small box
   data-drop                  a <details> that closes on Esc, outside clicks and choices
   The other attributes stand on top of the files that read them. */
import { startAppearance } from "./appearance.js";
import { startConditions } from "./conditional.js";
import { startDialogs } from "./dialogs.js";
import { startForms } from "./forms.js";
import { startGrids } from "./grid.js";
import { startKeys } from "./keys.js";
import { startLines } from "./lines.js";
import { startMentions } from "./mentions.js";
import { startNavigation } from "./navigation.js";
import { startPalette } from "./palette.js";
import { startPasskeys } from "./passkeys.js";
import { startPickers } from "./picker.js";
import { startToasts, toast } from "./toasts.js";
import { startUploads } from "./upload.js";
import { say } from "./words.js";

const perPart = [setVariables, startConditions, startForms, startGrids, startLines, startPickers, startMentions, startPasskeys, startUploads];

function setVariables(root) {
  for (const element of root.querySelectorAll("[data-vars]")) {
    for (const pair of element.dataset.vars.split(";")) {
      const [name, value] = pair.split(":");
      if (name.trim()) element.style.setProperty(`--${name.trim()}`, value);
    }
  }
}

function startHtmx() {
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  });
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    let problem = {};
    try {
      problem = JSON.parse(xhr.responseText);
    } catch {
      /* a proxy may answer with something else than JSON */
    }
    const text = problem.title || say("The server did not do that.");
    toast({ text, sub: problem.detail || `Status ${xhr.status}`, tone: "bad" });
  });
  document.addEventListener("htmx:sendError", () => {
    toast({ text: say("No connection."), sub: say("Check the network and try again."), tone: "bad" });
  });
}

export function enhance(root) {
  for (const start of perPart) start(root);
}

startKeys();
startAppearance();
startNavigation();
startDialogs();
startPalette();
startToasts();
startHtmx();
enhance(document);
