// Owns what is said of text that is not YAML: where, what, and what to do, in words of a person who edits a file. Pure.
import type { LineCounter, YAMLError } from "yaml";

export type YamlMistake = { text: string; fix: string };

const HINTS: Partial<Record<YAMLError["code"], readonly [what: string, fix: string]>> = {
  TAB_AS_INDENT: ["a tab stands at the beginning of the line", "Indent with spaces."],
  DUPLICATE_KEY: ["the same key is given twice in one place", "Keep one of the two; ids of nodes, links and zones are keys."],
  BLOCK_AS_IMPLICIT_KEY: ["a key with a value stands where only a value may", "Put each key on a line of its own, as far in as its neighbours, and quotes around text that holds a “: ”."],
  MULTILINE_IMPLICIT_KEY: ["a line has no “: ” after its key, or is farther in than the line above allows", "Write it as “key: value”, as far in as its neighbours."],
  BLOCK_IN_FLOW: ["lines of keys stand inside of “{ }” or “[ ]”", "Separate what is inside by commas."],
  BAD_SCALAR_START: ["text begins with a character that YAML keeps for itself", "Put quotes around the text."],
  BAD_DQ_ESCAPE: ["a “\\” in double quotes is followed by something that means nothing", "Write “\\\\” for the character itself, or use single quotes."],
  MISSING_CHAR: ["a quote, a bracket or a comma is missing", "Close what was opened."],
  MULTIPLE_DOCS: ["a second document begins (“---”)", "Keep one topology in a file."],
  BAD_ALIAS: ["a “*” or “&” of YAML is not complete", "Put quotes around text that begins with “*” or “&”."],
  UNEXPECTED_TOKEN: ["this is not expected here", "Look at the indentation of this line and the one above, and for a bracket, colon or dash too many."],
};
const UNCLOSED = ["a “{” or “[” before this is not closed, or what is inside of it stands too far left", "Add the “}” or “]” that is missing."] as const;
const INDENT = ["the line is not as far in as its neighbours", "Indent it like the other keys of the same thing."] as const;
const UNKNOWN = ["this is not YAML", "Compare it with a file that was exported here."] as const;
const FOUND_MAX = 24;

/** Of several mistakes the first: what follows it is often its consequence. */
export function sayYamlMistake(error: YAMLError, text: string, lines: LineCounter): YamlMistake {
  const [what, fix] = error.code === "BAD_INDENT" ? (/\bflow\b/i.test(error.message) ? UNCLOSED : INDENT) : (HINTS[error.code] ?? UNKNOWN);
  const { line, col } = lines.linePos(error.pos[0]);
  const found = (text.slice(error.pos[0]).split("\n", 1)[0] ?? "").trim().slice(0, FOUND_MAX);
  return { text: `line ${line}, column ${col}: ${what}, ${found === "" ? (error.pos[0] >= text.trimEnd().length ? "at the end of the file" : "at the end of the line") : `at “${found}”`}`, fix };
}
