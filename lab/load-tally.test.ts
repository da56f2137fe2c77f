import { expect, test } from "vitest";
import { createTally } from "./load-tally.ts";

/** A clock that is set by hand, in milliseconds. */
function scripted() {
  let at = 0;
  return { tally: createTally(() => at), go: (ms: number) => { at = ms; } };
}

test("every request is counted once, by what became of it", () => {
  const { tally, go } = scripted();
  const close = ["a", "b", "c", "d", "e"].map((id) => tally.open(id, 0));
  go(10);
  close[0]!({ kind: "equal", id: "a" });
  close[1]!({ kind: "failed", detail: "status 504" });
  close[2]!({ kind: "lost", detail: "reset" });
  close[3]!({ kind: "different", detail: "0.1" });
  close[4]!({ kind: "equal", id: "a" });
  expect(tally.result()).toMatchObject({ sent: 5, equal: 2, failed: 1, lost: 1, different: 1, duplicated: 1, p50Ms: 10, details: ["failed: status 504", "lost: reset", "different: 0.1"] });
  expect(tally.inFlight()).toBe(0);
});

test("what comes after its time is late, whatever it is, and what never comes is lost and not late", () => {
  const at = { ms: 0 };
  const tally = createTally(() => at.ms, 100);
  const close = ["a", "b", "c", "d"].map((id) => tally.open(id, 0));
  at.ms = 100;
  close[0]!({ kind: "equal", id: "a" });
  at.ms = 101;
  close[1]!({ kind: "equal", id: "b" });
  close[2]!({ kind: "failed", detail: "status 504" });
  close[3]!({ kind: "lost", detail: "nothing came" });
  expect(tally.result()).toMatchObject({ sent: 4, equal: 2, failed: 1, lost: 1, late: 2 });
});

test("the longest gap counts right answers only, and latency from when a request was due", () => {
  const { tally, go } = scripted();
  const [one, two, three] = [tally.open("1", 0), tally.open("2", 0), tally.open("3", 90)];
  go(10);
  one({ kind: "equal", id: "1" });
  go(60);
  two({ kind: "failed", detail: "x" });
  go(100);
  three({ kind: "equal", id: "3" });
  expect(tally.result()).toMatchObject({ longestGapMs: 90, maxMs: 10 });
});

test("a phase that comes again is counted together, without the time between", () => {
  const { tally, go } = scripted();
  const answer = (id: string, due: number, at: number) => {
    const close = tally.open(id, due);
    go(at);
    close({ kind: "equal", id });
  };
  tally.begin("steady");
  answer("1", 0, 10);
  tally.begin("move");
  answer("2", 10, 60);
  tally.begin("steady");
  answer("3", 60, 70);
  go(80);
  const { phases } = tally.result();
  expect(phases.steady).toMatchObject({ sent: 2, equal: 2, longestGapMs: 10, maxMs: 10, seconds: 0.03 });
  expect(phases.move).toMatchObject({ sent: 1, longestGapMs: 50, seconds: 0.05 });
});
