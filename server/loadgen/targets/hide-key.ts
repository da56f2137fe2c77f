// Owns that a key does not come back in what its own endpoint says: some repeat in an error what they were sent.
const HIDDEN = "[key]";
/** Of a text that was cut off within the key, so much is a key's beginning and no coincidence. */
const MIN_BEGINNING = 4;

/** `text` without the key, or without its beginning where the text ends in it. */
export function hideKey(text: string, key: string | null): string {
  if (key === null || key === "") return text;
  const rest = text.replaceAll(key, HIDDEN);
  for (let length = key.length - 1; length >= MIN_BEGINNING; length--) if (rest.endsWith(key.slice(0, length))) return rest.slice(0, -length) + HIDDEN;
  return rest;
}
