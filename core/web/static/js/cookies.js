/* Choices that the server needs to draw a page without a flash live in cookies. */
const YEAR = 60 * 60 * 24 * 365;

export function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}
