// Owns what a deployment lets adaptation do, and when. Pure.

export const ADAPT_MODES = ["observe", "suggest", "automatic"] as const;
export type AdaptMode = (typeof ADAPT_MODES)[number];
export const REPAIR_LOSSES = ["always", "within-limits"] as const;
export type RepairLosses = (typeof REPAIR_LOSSES)[number];
/** Each day, minutes after midnight UTC; to < from goes over midnight. */
export type ProtectedWindow = { fromMinute: number; toMinute: number };
export type AdaptSettings = {
  /** Observe: measures and records. Suggest: a person accepts. Automatic: moves by itself. */
  mode: AdaptMode;
  coolDownSeconds: number;
  movesPerHour: number;
  /** Nothing is moved automatically in them, except what is lost. */
  protectedWindows: ProtectedWindow[];
  /** At most so long may a move keep it from serving, where its nodes hold neither both revisions nor any step between; by hand as well. 0 = never. */
  pauseSeconds: number;
  /** What a lost node or a link that is cut takes down serves nobody. Always: it is moved at once, in spite of cool-down, moves per hour and protected windows. Within-limits: they hold for it too. */
  repairLosses: RepairLosses;
};
/** Nobody's deployment is moved without being asked. */
export const DEFAULT_ADAPT_SETTINGS: AdaptSettings = { mode: "suggest", coolDownSeconds: 30, movesPerHour: 12, protectedWindows: [], pauseSeconds: 0, repairLosses: "always" };
export const MAX_PROTECTED_WINDOWS = 16;
/** Longer than that is a stop and a start. */
export const MAX_PAUSE_SECONDS = 600;
const HOUR_MS = 3_600_000;
const DAY_MINUTES = 1440;

/** Null = it may move now; else why not, in words. `moves`: when it was moved by adaptation, milliseconds. */
export function whyNotNow(settings: AdaptSettings, moves: readonly number[], nowMs: number): string | null {
  const last = moves.at(-1);
  const waitMs = last === undefined ? 0 : last + settings.coolDownSeconds * 1000 - nowMs;
  if (waitMs > 0) return `It cools down for another ${Math.ceil(waitMs / 1000)} s.`;
  const recent = moves.filter((at) => nowMs - at < HOUR_MS).length;
  if (recent >= settings.movesPerHour) return `It was moved ${recent} times within an hour, and ${settings.movesPerHour} are allowed.`;
  const minute = Math.floor(nowMs / 60_000) % DAY_MINUTES;
  const inside = settings.protectedWindows.find(({ fromMinute, toMinute }) => (fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute));
  return inside ? `It is protected until ${clockText(inside.toMinute)} UTC.` : null;
}

export function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
