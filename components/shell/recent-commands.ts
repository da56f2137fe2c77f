// Owns which commands were used last. Kept in the browser; without storage nothing is remembered.
const KEY = "cutplane-recent-commands";
const KEPT_MAX = 6;

/** Ids, newest first. */
export function recentCommands(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string").slice(0, KEPT_MAX) : [];
  } catch {
    return [];
  }
}

export function rememberCommand(id: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([id, ...recentCommands().filter((one) => one !== id)].slice(0, KEPT_MAX)));
  } catch {
    // A browser that keeps nothing still runs the command.
  }
}
