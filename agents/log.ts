// Owns the agent's log: one line an event on standard error, `time level code message`, read by people and by journald.

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, code: string, message: string) => void;

const ORDER: LogLevel[] = ["debug", "info", "warn", "error"];
/** A hostile or broken peer may put anything into a message: a log line stays one line of a bounded length. */
const MAX_MESSAGE_CHARS = 2000;

export function createLog(minimum: LogLevel, write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  return (level, code, message) => {
    if (ORDER.indexOf(level) < ORDER.indexOf(minimum)) return;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not reach a terminal
    const clean = message.replace(/[\u0000-\u001f\u007f]+/g, " ").slice(0, MAX_MESSAGE_CHARS);
    write(`${new Date().toISOString()} ${level.padEnd(5)} ${code} ${clean}\n`);
  };
}
