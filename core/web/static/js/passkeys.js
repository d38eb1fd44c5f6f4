/* Passkeys: the browser makes one, or signs in with one.

   data-passkey="add" | "sign-in"   a form whose button starts it; hidden unless the browser can
   data-options                     address of the options (POST)
   data-status                      element in the form that says what went wrong */
import { post } from "./requests.js";
import { say } from "./words.js";

export function startPasskeys(root) {
  for (const form of root.querySelectorAll("form[data-passkey]")) {
    // The page as a whole and its parts are both announced.
    if (!form.hidden || !window.PublicKeyCredential?.parseCreationOptionsFromJSON) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form);
    });
  }
}

async function use(form) {
  const status = form.querySelector("[data-status]");
  const button = form.querySelector("[type=submit]");
  status.hidden = true;
  button.disabled = true;
  try {
    const options = await post(form.dataset.options, new FormData(form));
    if (options.next) return window.location.assign(options.next);
    const body = new FormData(form);
    body.set("answer", JSON.stringify(await answerTo(form.dataset.passkey, options)));
    const remember = document.querySelector("input[name=remember]");
    if (remember?.checked && form.dataset.passkey === "sign-in") body.set("remember", "1");
    const { next } = await post(form.action, body);
    window.location.assign(next);
  } catch (error) {
    status.textContent =
      error.name === "NotAllowedError" ? say("The device did not confirm; nothing happened.") : error.message;
    status.hidden = false;
    button.disabled = false;
  }
}

async function answerTo(kind, options) {
  if (kind === "add") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}
