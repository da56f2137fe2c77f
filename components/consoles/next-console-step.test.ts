import { expect, test } from "vitest";
import { type ConsoleView, MOVES_MAX, MOVES_WITHIN_MS, nextConsoleStep, noteRound, QUIET_AFTER_MS, SILENT_ROUNDS } from "./next-console-step.ts";

const HERE = "http://a:1";
const NOW = 10_000_000;
/** Quiet for long, asked just now. */
const view = (about: Partial<ConsoleView> & { answering?: string[]; silentRounds?: number } = {}): ConsoleView => {
  const { answering = ["http://c:3"], silentRounds = SILENT_ROUNDS, ...rest } = about;
  return { here: HERE, others: ["http://b:2", "http://c:3"], heardAtMs: NOW - 60_000, asked: { atMs: NOW, rounds: 2, silentRounds, answering }, canAsk: true, unsaved: null, savedAtMs: null, movedAtMs: [], ...rest };
};

test("while the feed tells, or where there is one console, nothing is asked", () => {
  expect(nextConsoleStep(view({ heardAtMs: NOW - QUIET_AFTER_MS + 1 }), NOW).what).toBe("rest");
  expect(nextConsoleStep(view({ others: [] }), NOW).what).toBe("rest");
});

test("what is quiet is asked, and again after a while, less often when it lasts", () => {
  expect(nextConsoleStep(view({ asked: null, heardAtMs: NOW - QUIET_AFTER_MS }), NOW).what).toBe("ask");
  const asked = { atMs: NOW - 3_000, rounds: 2, silentRounds: 2, answering: [] };
  expect(nextConsoleStep(view({ asked }), NOW).what).toBe("ask");
  expect(nextConsoleStep(view({ asked: { ...asked, rounds: 1_000 } }), NOW).what).toBe("wait");
});

test("a console that answers is waited for, and one lost question is no proof", () => {
  expect(nextConsoleStep(view({ silentRounds: 0, answering: [HERE, "http://b:2"] }), NOW).what).toBe("wait");
  expect(nextConsoleStep(view({ silentRounds: SILENT_ROUNDS - 1 }), NOW).what).toBe("wait");
});

test("the page goes on at the first console that answers", () => {
  expect(nextConsoleStep(view(), NOW)).toMatchObject({ what: "go", to: "http://c:3" });
  expect(nextConsoleStep(view({ answering: ["http://c:3", "http://b:2"] }), NOW)).toMatchObject({ what: "go", to: "http://b:2" });
});

test("where none answers, or none can be asked, the page stays and says so; of a certificate only where there is one", () => {
  const none = nextConsoleStep(view({ answering: [] }), NOW);
  expect(none.what).toBe("wait");
  expect(none.why).toMatch(/No other console answers/);
  expect(none.why).not.toMatch(/certificate/);
  expect(nextConsoleStep(view({ answering: [], others: ["https://b:2"] }), NOW).why).toMatch(/certificate/);
  expect(nextConsoleStep(view({ canAsk: false, asked: null }), NOW).what).toBe("wait");
});

test("unsaved edits are not left behind: the way is offered, with the reason", () => {
  const step = nextConsoleStep(view({ unsaved: "edits of the drawing that are not saved" }), NOW);
  expect(step).toMatchObject({ what: "offer", to: "http://c:3" });
  expect(step.why).toContain("edits of the drawing that are not saved");
});

test("what was unsaved and is not any more may have been saved by this console: it is asked again before anything is left", () => {
  expect(nextConsoleStep(view({ savedAtMs: NOW }), NOW + 1).what).toBe("ask");
  expect(nextConsoleStep(view({ savedAtMs: NOW - 1 }), NOW + 1).what).toBe("go");
});

test("consoles that come and go do not throw a page to and fro", () => {
  const moves = Array.from({ length: MOVES_MAX }, (_, at) => NOW - 1_000 * (at + 1));
  expect(nextConsoleStep(view({ movedAtMs: moves }), NOW)).toMatchObject({ what: "offer", to: "http://c:3" });
  expect(nextConsoleStep(view({ movedAtMs: moves.map((atMs) => atMs - MOVES_WITHIN_MS) }), NOW).what).toBe("go");
});

test("rounds are counted, and silent ones in a row", () => {
  const first = noteRound(null, HERE, ["http://b:2"], 1);
  expect(first).toEqual({ atMs: 1, rounds: 1, silentRounds: 1, answering: ["http://b:2"] });
  expect(noteRound(first, HERE, [], 2)).toMatchObject({ rounds: 2, silentRounds: 2 });
  expect(noteRound(first, HERE, [HERE], 2)).toMatchObject({ rounds: 2, silentRounds: 0 });
});
