// Owns which operations this browser's tab began: their outcome is told wherever the user is by then, also after a reload.
const KEY = "cutplane-own-operations";
/** Older ones ended long ago. */
const KEPT_MAX = 50;

export function followOperation(operationId: string): void {
  write([...read().filter((id) => id !== operationId), operationId].slice(-KEPT_MAX));
}

export const isFollowed = (operationId: string): boolean => read().includes(operationId);
export const unfollowOperation = (operationId: string): void => write(read().filter((id) => id !== operationId));

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}

function write(ids: string[]): void {
  try { sessionStorage.setItem(KEY, JSON.stringify(ids)); } catch { /* full: its outcome is in the list all the same */ }
}
