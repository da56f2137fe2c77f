// Owns what this page knows of the consoles it could be on. Written by the live feed and by who watches it.
import { create } from "zustand";
import type { OtherConsole } from "../../server/events/catalogue.ts";
import type { ConsoleStep } from "./next-console-step.ts";

export type ConsolesState = {
  /** Also silent ones, after those that live: one that is just being restarted may be the one that is needed. */
  others: readonly OtherConsole[];
  /** Whether this console answered when it was last asked; true while nobody had to. */
  answers: boolean;
  /** The others that did. */
  answering: readonly string[];
  /** What is to be done while this console is quiet; null = it tells. */
  step: ConsoleStep | null;
  /** The console this page came from by going on here, until the user has read it. */
  from: string | null;
  /** When this page went on at another console by itself. */
  movedAtMs: readonly number[];
};
export const useConsoles = create<ConsolesState>(() => ({ others: [], answers: true, answering: [], step: null, from: null, movedAtMs: [] }));

/** When the feed last told anything; nothing is drawn of it. */
let heardAtMs = Date.now();
export const noteHeard = (): void => { heardAtMs = Date.now(); };
export const lastHeardMs = (): number => heardAtMs;

/** `here` is left out: on two machines a console's own address of loopback is the same. */
export function applyConsoles(told: readonly OtherConsole[], here: string): void {
  const valid = told.flatMap(({ url, hostname }) => (URL.canParse(url) && /^https?:/.test(url) && new URL(url).origin !== here ? [{ url: new URL(url).origin, hostname }] : []));
  useConsoles.setState({ others: valid });
}
