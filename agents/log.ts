// Owns the agent's log: one line an event on standard error, `time level code message`, read by people and by journald. No line holds a secret.
import { LOG_LEVELS, type LogLevel, type LogLine } from "./protocol/log-page.ts";
import { redactSecrets } from "./redact-secrets.ts";

export type { LogLevel };
export type Log = (level: LogLevel, code: string, message: string) => void;

/** A hostile or broken peer may put anything into a message: a log line stays one line of a bounded length. */
const MAX_MESSAGE_CHARS = 2000;

/** `keep` gets every line, the mildest too. */
export function createLog(minimum: LogLevel, write: (line: string) => void = (line) => process.stderr.write(line), keep?: (line: Omit<LogLine, "seq">) => void): Log {
  return (level, code, message) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not reach a terminal
    const clean = redactSecrets(message.slice(0, 2 * MAX_MESSAGE_CHARS)).replace(/[\u0000-\u001f\u007f]+/g, " ").slice(0, MAX_MESSAGE_CHARS);
    const at = new Date().toISOString();
    keep?.({ at, level, code, message: clean });
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(minimum)) return;
    write(`${at} ${level.padEnd(5)} ${code} ${clean}\n`);
  };
}
