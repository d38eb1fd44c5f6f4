/* Requests of islands: they carry the session's token and turn problems into errors. */
import { say } from "./words.js";

export async function post(url, body, signal) {
  const headers = {
    "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content,
    Accept: "application/json",
  };
  return answer(await fetch(url, { method: "POST", body, headers, signal }));
}

export async function get(url, signal) {
  return answer(await fetch(url, { headers: { Accept: "application/json" }, signal }));
}

/* A request whose refusal is an answer as well: {ok, data}. */
export async function send(url, body) {
  const headers = {
    "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content,
    Accept: "application/json",
  };
  try {
    const response = await fetch(url, { method: "POST", body, headers });
    const json = response.headers.get("Content-Type")?.includes("json");
    const data = json ? await response.json() : {};
    return { ok: response.ok, data: { detail: `Status ${response.status}`, ...data } };
  } catch (error) {
    return { ok: false, data: { detail: error.message } };
  }
}

/* A file on its way; `told` hears how much of it is sent, from 0 to 1: {ok, data} as above. */
export function sendFile(url, body, told) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]").content);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && told(event.loaded / event.total));
    request.addEventListener("load", () => {
      const json = request.getResponseHeader("Content-Type")?.includes("json");
      const data = json ? JSON.parse(request.responseText) : {};
      resolve({ ok: request.status < 400, data: { detail: `Status ${request.status}`, ...data } });
    });
    request.addEventListener("error", () => resolve({ ok: false, data: { detail: say("The connection broke. Try it again.") } }));
    request.send(body);
  });
}

/* A piece of a page, or the reason why there is none: {ok, text, detail}. */
export async function getPiece(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html, application/json", "HX-Request": "true" } });
    const text = await response.text();
    const json = response.headers.get("Content-Type")?.includes("json");
    const detail = (json && JSON.parse(text).detail) || `Status ${response.status}`;
    return { ok: response.ok, text, detail };
  } catch (error) {
    return { ok: false, text: "", detail: error.message };
  }
}

export async function getText(url) {
  const response = await fetch(url, { headers: { Accept: "text/html", "HX-Request": "true" } });
  if (!response.ok) throw new Error(`Status ${response.status}`);
  return response.text();
}

async function answer(response) {
  const text = await response.text();
  const json = response.headers.get("Content-Type")?.includes("json");
  const data = text && json ? JSON.parse(text) : {};
  if (!response.ok) {
    const error = new Error(data.detail || data.message || `Status ${response.status}`);
    throw Object.assign(error, { problems: data.problems ?? [] });
  }
  return data;
}
