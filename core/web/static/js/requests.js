/* Requests of islands: they carry the session's token and turn problems into errors. */
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
