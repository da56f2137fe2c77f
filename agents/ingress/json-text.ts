// Owns the letters of one value within a JSON text: numbers as they were written, where reading them as JavaScript's numbers would round them.

/**
 * Null = there is nothing at `path`. `json` must be valid, and is not checked again; of a name that is there twice the last counts, as for JSON.parse.
 */
export function textAt(json: string, path: readonly (string | number)[]): string | null {
  let at = skipSpace(json, 0);
  for (const step of path) {
    const next = typeof step === "number" ? elementAt(json, at, step) : memberAt(json, at, step);
    if (next === null) return null;
    at = next;
  }
  return json.slice(at, endOf(json, at));
}

const SPACE = new Set([" ", "\t", "\n", "\r"]);
function skipSpace(json: string, from: number): number {
  let at = from;
  while (SPACE.has(json[at]!)) at++;
  return at;
}

function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Where the value ends that begins at `from`. */
function endOf(json: string, from: number): number {
  if (json[from] === '"') return endOfString(json, from);
  if (json[from] !== "{" && json[from] !== "[") {
    let at = from;
    while (at < json.length && !",]} \t\n\r".includes(json[at]!)) at++;
    return at;
  }
  let depth = 0;
  for (let at = from; at < json.length; ) {
    const letter = json[at]!;
    if (letter === '"') { at = endOfString(json, at); continue; }
    if (letter === "{" || letter === "[") depth++;
    else if ((letter === "}" || letter === "]") && --depth === 0) return at + 1;
    at++;
  }
  return json.length;
}

function elementAt(json: string, from: number, wanted: number): number | null {
  if (json[from] !== "[") return null;
  let at = skipSpace(json, from + 1);
  for (let index = 0; json[at] !== "]"; index++) {
    if (index === wanted) return at;
    at = skipSpace(json, endOf(json, at));
    if (json[at] === ",") at = skipSpace(json, at + 1);
  }
  return null;
}

function memberAt(json: string, from: number, wanted: string): number | null {
  if (json[from] !== "{") return null;
  let found: number | null = null;
  let at = skipSpace(json, from + 1);
  while (json[at] !== "}") {
    const nameEnd = endOfString(json, at);
    const name = JSON.parse(json.slice(at, nameEnd)) as string;
    // Over the colon.
    const value = skipSpace(json, skipSpace(json, nameEnd) + 1);
    if (name === wanted) found = value;
    at = skipSpace(json, endOf(json, value));
    if (json[at] === ",") at = skipSpace(json, at + 1);
  }
  return found;
}
