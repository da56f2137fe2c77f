// Turns PostgreSQL's last words into what the user can do. Pure.

/** Less than this free, and what ended without a clear word (a write to memory mapped from a full disk ends a process at once) ended for want of space. */
export const SCARCE_BYTES = 64 * 1024 * 1024;

/** `freeBytes` of the disk it writes to; null = unknown. */
export function explainPostgres(output: string, freeBytes: number | null): string {
  const lines = output.trim().split("\n").filter(Boolean);
  const saysFull = /No space left on device|Disk quota exceeded/i.test(output);
  const isClear = /Permission denied|could not access|EACCES|Read-only file system|shared memory segment|Address already in use/i.test(output);
  if (saysFull || (!isClear && freeBytes !== null && freeBytes < SCARCE_BYTES)) {
    const free = freeBytes === null ? "" : ` (${Math.floor(freeBytes / 2 ** 20)} MiB free)`;
    return `the disk is full${free}. About 200 MiB are needed to begin with; free some, or give a folder elsewhere with --data.`;
  }
  if (/Read-only file system/i.test(output)) return "the file system is read-only. Give a folder elsewhere with --data.";
  if (/Permission denied|could not access|EACCES/.test(output)) return `a file or folder may not be read or written (${lines.at(-1)}).`;
  if (/database files are incompatible|was initialized by PostgreSQL version/.test(output)) return `the folder was made by another version of PostgreSQL (${lines.at(-1)}). Give another folder with --data, or run the version that made it.`;
  if (/ready to accept connections\s*$/.test(output)) return "it runs, but nothing on this machine reaches 127.0.0.1. Is the loopback interface up (ip link set lo up), and does no firewall forbid it?";
  return lines.slice(-3).join(" | ") || "it said nothing.";
}
