// Owns one line of a labelled dataset for OpenAI's API: a text, or a request of its own, and what a right answer says.
import { type Label, readLabel } from "./labelled-row.ts";
import { isObject } from "./read-json-line.ts";

export type OpenAiKind = "chat" | "completions" | "embeddings";
/** `text`: as it stands in the line; null = the line has a whole request. */
export type OpenAiRow = { label: Label; form: "texts" | "requests"; text: string | null; request: Record<string, unknown> };

/** What of a request is answered. */
const ASKED: Record<OpenAiKind, string> = { chat: "messages", completions: "prompt", embeddings: "input" };

/** `{"text": "…", "label": L}`, or `{"request": {…}, "label": L}` with what the API asks for. `place`: what an error begins with. @throws Error also for what is answered with something that no label can be held against */
export function readOpenAiRow({ label: given, text, request, ...rest }: Record<string, unknown>, kind: OpenAiKind, place: string): OpenAiRow {
  const label = readLabel(given, place);
  // An embedding is told by the others of its label, whatever that is.
  if (kind !== "embeddings" && typeof label !== "string") throw new Error(`${place}: OpenAI's ${kind} answers a text: its label must be one, in quotes.`);
  if (rest.inputs !== undefined) throw new Error(`${place}: tensors are not for OpenAI's API: give "text", or "request".`);
  if (rest.base64 !== undefined || rest.file !== undefined) throw new Error(`${place}: a picture or a sound is not for OpenAI's ${kind}: give "text", or "request".`);
  if ((text === undefined) === (request === undefined)) throw new Error(`${place}: give "text" or "request", one of them.`);
  const [strange] = Object.keys(rest);
  if (strange !== undefined) throw new Error(`${place}: "${strange}" has no meaning beside "${text === undefined ? "request" : "text"}".`);
  if (text !== undefined) {
    if (typeof text !== "string" || text === "") throw new Error(`${place}: "text" must be a text that is not empty.`);
    return { label, form: "texts", text, request: { [ASKED[kind]]: kind === "chat" ? [{ role: "user", content: text }] : text } };
  }
  return { label, form: "requests", text: null, request: checkRequest(request, kind, place) };
}

function checkRequest(request: unknown, kind: OpenAiKind, place: string): Record<string, unknown> {
  if (!isObject(request)) throw new Error(`${place}: "request" must be a JSON object.`);
  const asked = request[ASKED[kind]];
  if (asked === undefined) throw new Error(`${place}: "request" has no "${ASKED[kind]}", which OpenAI's ${kind} asks for.`);
  // Several texts, or several lists of tokens, are answered several times.
  const isSeveral = kind !== "chat" && Array.isArray(asked) && asked.length !== 1 && asked.some((one) => typeof one !== "number");
  if (isSeveral || (request.n !== undefined && request.n !== 1)) throw new Error(`${place}: "request" asks for several answers: a sample has one.`);
  return request;
}
