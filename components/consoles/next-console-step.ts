// Decides what a page does when its console is quiet: wait, ask who lives, offer another console or go on there. Pure.

/** What the page knows. Consoles are origins, times the browser's clock in milliseconds. */
export type ConsoleView = {
  here: string;
  /** Of the same database, as this console told while it was connected, the best first. */
  others: readonly string[];
  /** When the feed last told anything. */
  heardAtMs: number;
  /** The last round of asking all of them whether they live, since the feed went quiet; null = none yet. */
  asked: Asked | null;
  /** Whether they can be asked at all. */
  canAsk: boolean;
  /** What would be left behind, as the end of "You have …"; null = nothing. */
  unsaved: string | null;
  /** When it was first seen that nothing is any more; null = there never was. */
  savedAtMs: number | null;
  /** When this page went on at another console by itself, oldest first. */
  movedAtMs: readonly number[];
};
/** `rounds` counts them, `silentRounds` the last ones in a row in which this console did not answer. */
export type Asked = { atMs: number; rounds: number; silentRounds: number; answering: readonly string[] };
export type ConsoleStep = { what: "rest" | "ask" | "wait"; why: string } | { what: "offer" | "go"; to: string; why: string };

/** The feed tells once a second: what is quiet for longer missed several. */
export const QUIET_AFTER_MS = 3_000;
/** One lost question is no proof; a console that restarts is soon back, but nobody waits for it when another one answers. */
export const SILENT_ROUNDS = 2;
const ROUND_EVERY_MS = 1_500;
/** All consoles may be away for long, with many pages asking. */
const ROUND_LATER_MS = 10_000;
const EARLY_ROUNDS = 20;
/** Consoles that come and go must not throw a page to and fro. */
export const MOVES_MAX = 3;
export const MOVES_WITHIN_MS = 5 * 60_000;

export function nextConsoleStep(view: ConsoleView, nowMs: number): ConsoleStep {
  const { asked, others } = view;
  if (nowMs - view.heardAtMs < QUIET_AFTER_MS) return { what: "rest", why: "The feed tells." };
  if (others.length === 0) return { what: "rest", why: "There is no other console." };
  if (!view.canAsk) return { what: "wait", why: "This page cannot ask another console whether it answers." };
  if (asked === null || nowMs - asked.atMs >= (asked.rounds < EARLY_ROUNDS ? ROUND_EVERY_MS : ROUND_LATER_MS)) return { what: "ask", why: "Whoever lives says so." };
  if (asked.silentRounds === 0) return { what: "wait", why: "It lives; the connection is being made again." };
  if (asked.silentRounds < SILENT_ROUNDS) return { what: "wait", why: "One lost question is no proof." };
  const to = others.find((one) => asked.answering.includes(one));
  if (to === undefined) return { what: "wait", why: `No other console answers this browser. The page goes on by itself as soon as one does.${others.some(needsCertificate) ? " If this browser has not met it yet, its certificate must be accepted there first." : ""}` };
  if (view.unsaved !== null) return { what: "offer", to, why: `You have ${view.unsaved}, which would be left behind: the page does not go on there by itself.` };
  // This console may just have taken it, since it was asked.
  if (view.savedAtMs !== null && asked.atMs <= view.savedAtMs) return { what: "ask", why: "What was unsaved is not any more: whoever took it lives." };
  const recent = view.movedAtMs.filter((atMs) => nowMs - atMs < MOVES_WITHIN_MS).length;
  if (recent >= MOVES_MAX) return { what: "offer", to, why: `This page has gone on at another console ${recent} times in ${MOVES_WITHIN_MS / 60_000} minutes: it does not do so again by itself.` };
  return { what: "go", to, why: `It has not answered for ${Math.round((nowMs - view.heardAtMs) / 1000)} s, and another one does.` };
}

/** The next round on top of the ones before it. */
export function noteRound(before: Asked | null, here: string, answering: readonly string[], nowMs: number): Asked {
  return { atMs: nowMs, rounds: (before?.rounds ?? 0) + 1, silentRounds: answering.includes(here) ? 0 : (before?.silentRounds ?? 0) + 1, answering };
}

const needsCertificate = (origin: string): boolean => origin.startsWith("https:");
