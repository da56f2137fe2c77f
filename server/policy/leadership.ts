// Owns when a console leads, follows, or takes over. Pure: what the database says comes in, times by the database's clock.

/** Without a sign of life for this long the leader counts as gone, whatever its connection looks like: a stopped process keeps its connections open. */
export const LEASE_MS = 6_000;
/** How often each console gives a sign of life and looks who leads. Lease, one look and the change of terms stay below ten seconds. */
export const LOOK_INTERVAL_MS = 1_000;

export type LeadershipView = {
  me: string;
  /** The advisory lock is mine: the database gives it to one connection, and takes it back when that ends. */
  hasLock: boolean;
  /** Of the row; null before the first. */
  leaderId: string | null;
  /** Null = it has no row any more: it was stopped in order, or long ago. */
  leaderSilentMs: number | null;
};
export type LeadershipStep =
  | { action: "lead" }
  /** The lock was free. */
  | { action: "begin"; reason: string }
  /** The lock is held by sessions that must be ended first: a silent console's, or one of my own that I lost. */
  | { action: "oust"; consoleId: string; reason: string }
  | { action: "follow" };

export function nextLeadershipStep(view: LeadershipView): LeadershipStep {
  const { me, hasLock, leaderId, leaderSilentMs } = view;
  if (hasLock) {
    if (leaderId === me) return { action: "lead" };
    if (leaderId === null) return { action: "begin", reason: "Nobody led yet." };
    return { action: "begin", reason: leaderSilentMs === null ? "The console that led was stopped." : "The console that led lost its connection to the database." };
  }
  if (leaderId === me) return { action: "oust", consoleId: me, reason: "This console lost its connection to the database." };
  // Whoever holds the lock has a moment to write its row.
  if (leaderId === null || leaderSilentMs === null || leaderSilentMs < LEASE_MS) return { action: "follow" };
  return { action: "oust", consoleId: leaderId, reason: `The console that led has been silent for ${Math.round(leaderSilentMs / 1000)} s.` };
}
