// Owns where text stops being JSON. Browsers name it in words and positions of their own, or not at all. Pure.

export type JsonMistake = { line: number; column: number; /** What stands there; empty = the file ends. */ found: string; what: string };

/** Far more than a file of ours nests. */
const DEPTH_MAX = 100;
const FOUND_MAX = 24;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in text
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

class Mistake extends Error {
  readonly at: number;
  constructor(at: number, what: string) { super(what); this.at = at; }
}

/** The first mistake; null = it is JSON. */
export function findJsonMistake(text: string): JsonMistake | null {
  try {
    const end = skip(text, readValue(text, skip(text, 0), 0));
    if (end < text.length) throw new Mistake(end, "more follows after the end");
    return null;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const before = text.slice(0, error.at).split("\n");
    const found = (text.slice(error.at).split("\n", 1)[0] ?? "").slice(0, FOUND_MAX).trim();
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, found, what: error.message };
  }
}

/** @returns where the value ends */
function readValue(text: string, at: number, depth: number): number {
  if (depth > DEPTH_MAX) throw new Mistake(at, "it is nested too deep");
  if (text[at] === "{") return readItems(text, at, "}", depth);
  if (text[at] === "[") return readItems(text, at, "]", depth);
  if (text[at] === '"') return readString(text, at);
  const end = match(WORD, text, at) ?? match(NUMBER, text, at);
  if (end === null) throw new Mistake(at, at >= text.length ? "a value is missing" : "a value is expected: text in double quotes, a number, true, false, null, “{” or “[”");
  return end;
}

function readItems(text: string, open: number, close: "}" | "]", depth: number): number {
  let at = skip(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    if (close === "}") {
      if (text[at] !== '"') throw new Mistake(at, "a key in double quotes is expected");
      at = skip(text, readString(text, at));
      if (text[at] !== ":") throw new Mistake(at, "a “:” is expected after a key");
      at = skip(text, at + 1);
    }
    at = skip(text, readValue(text, at, depth + 1));
    if (text[at] === close) return at + 1;
    if (text[at] !== ",") throw new Mistake(at, `a “,” or “${close}” is expected`);
    at = skip(text, at + 1);
  }
}

function readString(text: string, at: number): number {
  const end = match(STRING, text, at);
  if (end === null) throw new Mistake(at, "text in double quotes is not closed on its line, or holds a “\\” that means nothing");
  return end;
}

const skip = (text: string, at: number): number => match(SPACE, text, at) ?? at;
function match(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
