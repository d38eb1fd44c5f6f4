/* Choices that the server needs to draw a page without a flash live in cookies. */
const YEAR = 60 * 60 * 24 * 365;

export function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

export function chosen(name) {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found === undefined ? "" : found.slice(name.length + 1);
}
