// Owns a stream of server-sent events as OpenAI's API sends it: the text, when its first piece came, how many tokens there were.

export type StreamRead = { text: string; firstAtNs: number | null; /** By the server's own count if it tells one, else pieces with text. */ tokens: number; isWhole: boolean; problem: string | null };

type Choice = { delta?: { content?: unknown }; text?: unknown };
type Chunk = { choices?: Choice[]; usage?: { completion_tokens?: unknown } | null; error?: unknown };

export function createSseReader(nowNs: () => number): { add(piece: Buffer): void; end(): StreamRead } {
  const read: StreamRead = { text: "", firstAtNs: null, tokens: 0, isWhole: false, problem: null };
  const decoder = new TextDecoder();
  let rest = "";
  const event = (line: string) => {
    if (!line.startsWith("data:")) return;
    const data = line.slice(5).trim();
    if (data === "[DONE]") {
      read.isWhole = true;
      return;
    }
    const chunk = parse(data);
    if (chunk === null) read.problem ??= `an event is not JSON: ${data.slice(0, 100)}`;
    else if (chunk.error !== undefined) read.problem ??= JSON.stringify(chunk.error).slice(0, 300);
    else take(read, chunk, nowNs);
  };
  return {
    add(piece) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) event(line);
    },
    end() {
      event(rest);
      return read;
    },
  };
}

function take(read: StreamRead, chunk: Chunk, nowNs: () => number): void {
  const said = chunk.choices?.[0]?.delta?.content ?? chunk.choices?.[0]?.text;
  if (typeof said === "string" && said !== "") {
    read.firstAtNs ??= nowNs();
    read.text += said;
    read.tokens++;
  }
  if (typeof chunk.usage?.completion_tokens === "number") read.tokens = chunk.usage.completion_tokens;
}

function parse(data: string): Chunk | null {
  try {
    return JSON.parse(data) as Chunk;
  } catch {
    return null;
  }
}
