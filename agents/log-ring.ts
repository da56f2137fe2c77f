// Owns the last lines of the agent's log, in bounded memory, and reading them page by page. They leave the node only when the console asks.
import { LOG_LEVELS, type LogLine, type LogPage, type LogQuery, MAX_LOG_LINES_PER_PAGE } from "./protocol/log-page.ts";

/** Hours of a calm agent, minutes of a troubled one. */
export const MAX_LINES = 2_000;
/** Of all messages together: with long ones fewer lines are kept. */
export const MAX_CHARS = 512 * 1024;
/** Of the messages of one page: the connection has reports to carry. */
const MAX_PAGE_CHARS = 64 * 1024;

export class LogRing {
  readonly #bootId: string;
  readonly #lines: LogLine[] = [];
  #chars = 0;
  #seq = 0;

  constructor(bootId: string) {
    this.#bootId = bootId;
  }

  add(line: Omit<LogLine, "seq">): void {
    this.#lines.push({ seq: ++this.#seq, ...line });
    this.#chars += line.message.length;
    while (this.#lines.length > MAX_LINES || (this.#chars > MAX_CHARS && this.#lines.length > 1)) this.#chars -= this.#lines.shift()?.message.length ?? 0;
  }

  /** After a line the oldest ones that follow it, without one the newest. What is asked for comes from the network: nonsense counts as the default. */
  read(query: Partial<LogQuery> | null | undefined): LogPage {
    const afterSeq = Number.isSafeInteger(query?.afterSeq) ? (query?.afterSeq as number) : null;
    const limit = Math.min(MAX_LOG_LINES_PER_PAGE, Math.max(1, Number.isSafeInteger(query?.limit) ? (query?.limit as number) : MAX_LOG_LINES_PER_PAGE));
    const least = Math.max(0, LOG_LEVELS.indexOf(query?.level ?? "debug"));
    const matching = this.#lines.filter((line) => (afterSeq === null || line.seq > afterSeq) && LOG_LEVELS.indexOf(line.level) >= least);
    const lines = fitting(afterSeq === null ? matching.slice(-limit).reverse() : matching.slice(0, limit));
    if (afterSeq === null) lines.reverse();
    const isWhole = afterSeq === null || lines.length === matching.length;
    const firstSeq = this.#lines[0]?.seq ?? this.#seq + 1;
    return { bootId: this.#bootId, lines, firstSeq, nextSeq: isWhole ? this.#seq : (lines.at(-1)?.seq ?? this.#seq), headSeq: this.#seq };
  }
}

/** As many of the first ones as one page carries; one at least. */
function fitting(lines: readonly LogLine[]): LogLine[] {
  let chars = 0;
  const end = lines.findIndex((line) => { chars += line.message.length; return chars > MAX_PAGE_CHARS; });
  return end < 0 ? [...lines] : lines.slice(0, Math.max(1, end));
}
