// Owns staying connected: looks once a second whether this console still tells, asks who lives when it does not, and goes on at another one.
import { say } from "../live/say.ts";
import { setAddressParams } from "../shell/use-address-param.ts";
import { makeConsoleAsker } from "./ask-consoles.ts";
import { lastHeardMs, useConsoles } from "./consoles-store.ts";
import { goOnAddress, readArrival, WITHOUT_ARRIVAL } from "./going-on.ts";
import { type Asked, type ConsoleStep, nextConsoleStep, noteRound } from "./next-console-step.ts";
import { unsavedNow, watchTyped } from "./unsaved.ts";

const LOOK_EVERY_MS = 1_000;
/** A page that is still here after this did not get away. */
const LEAVE_WITHIN_MS = 15_000;
/** A reload must not forget how often the page went to and fro. */
const MOVES_KEY = "cutplane-moved-at";

/** @returns how to stop */
export function watchConsoles(): () => void {
  const asker = makeConsoleAsker();
  let asked: Asked | null = null;
  let hadUnsaved = false;
  let savedAtMs: number | null = null;
  let isBusy = false;
  const look = async () => {
    const { others, movedAtMs } = useConsoles.getState();
    const here = location.origin;
    const origins = others.map(({ url }) => url);
    const nowMs = Date.now();
    const unsaved = unsavedNow();
    if (unsaved === null && hadUnsaved) savedAtMs = nowMs;
    hadUnsaved = unsaved !== null;
    const step = nextConsoleStep({ here, others: origins, heardAtMs: lastHeardMs(), asked, canAsk: asker.canAsk(), unsaved, savedAtMs, movedAtMs }, nowMs);
    if (step.what === "rest") {
      asked = null;
      if (useConsoles.getState().step !== null) useConsoles.setState({ step: null, answers: true, answering: [] });
    } else if (step.what === "ask") {
      const answering = await asker.ask([here, ...origins]);
      if (answering === null) asker.stop();
      else asked = noteRound(asked, here, answering, Date.now());
    } else {
      show(step, asked, here);
      if (step.what === "go") await leave(step.to, [...movedAtMs, nowMs]);
    }
  };
  // Only a new one needs another worker.
  const stop = useConsoles.subscribe(({ others }, before) => { if (others.some((one) => !before.others.some(({ url }) => url === one.url))) asker.prepare(); });
  const stopTyped = watchTyped();
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    void look().finally(() => { isBusy = false; });
  }, LOOK_EVERY_MS);
  // After the router has taken over the address.
  const arriving = setTimeout(arrive);
  return () => { stop(); stopTyped(); clearInterval(timer); clearTimeout(arriving); asker.stop(); };
}

function show(step: ConsoleStep, asked: Asked | null, here: string): void {
  const before = useConsoles.getState();
  const answers = asked === null || asked.silentRounds === 0;
  const answering = (asked?.answering ?? []).filter((one) => one !== here);
  // What is waited for a moment is not worth a word.
  if (step.what === "offer" && before.step?.what !== "offer") say(`The console at ${location.host} does not answer. ${step.why}`);
  useConsoles.setState({ step, answers, answering });
}

async function leave(to: string, movedAtMs: readonly number[]): Promise<void> {
  location.replace(goOnAddress(to, location, movedAtMs));
  await new Promise((resolve) => setTimeout(resolve, LEAVE_WITHIN_MS));
}

/** Reads what the page that went on here said, and takes it out of the address. */
function arrive(): void {
  const { from, movedAtMs } = readArrival(location.search, Date.now());
  const moves = movedAtMs.length > 0 ? movedAtMs : readMoves();
  keepMoves(moves);
  useConsoles.setState({ from: from === location.origin ? null : from, movedAtMs: moves });
  setAddressParams(WITHOUT_ARRIVAL, "replace");
  if (from === null || from === location.origin) return;
  say(`The console at ${new URL(from).host} does not answer; you are on ${location.host}.`);
  // Who went on with the keyboard is at the content, as after any page.
  if (document.activeElement === null || document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
}

function readMoves(): number[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(MOVES_KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((atMs) => Number.isSafeInteger(atMs)) : [];
  } catch {
    return [];
  }
}

function keepMoves(moves: readonly number[]): void {
  try { sessionStorage.setItem(MOVES_KEY, JSON.stringify(moves)); } catch { /* full: a reload begins to count anew */ }
}
