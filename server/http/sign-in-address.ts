// Owns the way to the sign-in and back: which page of this console was asked for, said in the address. Pure.

/** Longer addresses are no page of ours. */
const MAX_NEXT_CHARS = 2_000;
const HERE = "http://console";

/** Of the sign-in, for who asked for `url`, a path with its query. */
export function signInAddress(url: string): string {
  const next = pageAfterSignIn(url);
  return next === "/" ? "/login" : `/login?next=${encodeURIComponent(next)}`;
}

/** A path of this console with its query, whatever was asked for: never another site, never the sign-in again. */
export function pageAfterSignIn(wanted: string | null): string {
  if (wanted === null || wanted.length > MAX_NEXT_CHARS || !wanted.startsWith("/") || !URL.canParse(wanted, HERE)) return "/";
  const { origin, pathname, search } = new URL(wanted, HERE);
  // "//name" would be another site.
  if (origin !== HERE || pathname.startsWith("//") || pathname === "/login") return "/";
  return `${pathname}${search}`;
}
