// Owns where log lines go: every line as JSON into <data>/logs/console.log, warnings and errors as a sentence onto the terminal too.
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { type Logger, multistream, pino } from "pino";

/** Two files of this size at most. */
const MAX_LOG_BYTES = 32 * 1024 * 1024;
const WARN = 40;

export function createLog(options: { folder: string; level: string; terminal: NodeJS.WritableStream }): Logger {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const file = path.join(options.folder, "console.log");
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  const terminal = { write: (line: string) => void options.terminal.write(sentence(line)) };
  // Unbuffered: the last lines before a crash are the ones that are needed.
  const streams = multistream([{ level: "trace", stream: pino.destination({ dest: file, sync: true }) }, { level: "warn", stream: terminal }]);
  return pino({ level: options.level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: ["token", "*.token", "headers.authorization", "headers.cookie"] }, streams);
}

function sentence(line: string): string {
  const entry = JSON.parse(line) as { level: number; msg?: string; err?: { message?: string } };
  const why = entry.err?.message && entry.err.message !== entry.msg ? `: ${entry.err.message}` : "";
  return `${entry.level > WARN ? "error" : "warning"}: ${entry.msg ?? ""}${why}\n`;
}
