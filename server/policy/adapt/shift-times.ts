// Owns what a jump of the clock does to what the controller remembers: nothing. Moments are known by their names: atMs, sinceMs, toldMs, and what ends in AtMs or SinceMs;
// everything else in a memory is a span, a count or a figure. Pure.

const MOMENT = /^(at|since|told)Ms$|(At|Since)Ms$/;

/** With all its moments later by so much; 0 means never, and stays. What has none in it stays the very same object. Records of moments by id are the caller's. */
export function shiftTimes<T>(value: T, byMs: number): T {
  return shift(value, byMs) as T;
}

function shift(value: unknown, byMs: number): unknown {
  if (Array.isArray(value)) {
    const next = value.map((one) => shift(one, byMs));
    return next.some((one, index) => one !== value[index]) ? next : value;
  }
  if (value === null || typeof value !== "object") return value;
  const entries: [string, unknown][] = Object.entries(value);
  const next = entries.map(([key, one]): [string, unknown] => [key, typeof one === "number" ? (one > 0 && MOMENT.test(key) ? one + byMs : one) : shift(one, byMs)]);
  return next.some(([, one], index) => one !== entries[index]?.[1]) ? Object.fromEntries(next) : value;
}
