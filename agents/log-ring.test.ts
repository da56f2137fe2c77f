import { expect, test } from "vitest";
import { LogRing, MAX_CHARS, MAX_LINES } from "./log-ring.ts";
import type { LogLine } from "./protocol/log-page.ts";

const line = (message: string, level: LogLine["level"] = "info"): Omit<LogLine, "seq"> => ({ at: "", level, code: "c", message });
const seqs = (lines: readonly LogLine[]) => lines.map(({ seq }) => seq);

test("the newest first, then what follows, page by page, and nothing twice", () => {
  const ring = new LogRing("boot");
  for (let index = 1; index <= 1200; index++) ring.add(line(`line ${index}`, index % 100 === 0 ? "error" : "info"));
  const newest = ring.read({ afterSeq: null, limit: 3, level: "debug" });
  expect(newest).toMatchObject({ bootId: "boot", firstSeq: 1, nextSeq: 1200, headSeq: 1200 });
  expect(seqs(newest.lines)).toEqual([1198, 1199, 1200]);
  const read: number[] = [];
  for (let afterSeq = 0; afterSeq < 1200; ) {
    const page = ring.read({ afterSeq, limit: 500, level: "debug" });
    read.push(...seqs(page.lines));
    afterSeq = page.nextSeq;
  }
  expect(read).toEqual(Array.from({ length: 1200 }, (_, index) => index + 1));
  expect(seqs(ring.read({ afterSeq: 1000, limit: 500, level: "error" }).lines)).toEqual([1100, 1200]);
  expect(ring.read({ afterSeq: 1200, limit: 500, level: "debug" })).toMatchObject({ lines: [], nextSeq: 1200 });
});

test("memory is bounded in lines and in characters, and a page in characters", () => {
  const ring = new LogRing("boot");
  for (let index = 0; index < MAX_LINES + 10; index++) ring.add(line("short"));
  expect(ring.read({ afterSeq: 0, limit: 1, level: "debug" }).firstSeq).toBe(11);
  for (let index = 0; index < MAX_LINES; index++) ring.add(line("x".repeat(2000)));
  const { headSeq, firstSeq, lines } = ring.read(null);
  expect((headSeq - firstSeq + 1) * 2000).toBeLessThanOrEqual(MAX_CHARS);
  expect(lines.length * 2000).toBeLessThanOrEqual(64 * 1024);
  expect(lines.at(-1)?.seq).toBe(headSeq);
});

test("nonsense counts as the default", () => {
  const ring = new LogRing("boot");
  ring.add(line("one", "debug"));
  for (const nonsense of [undefined, null, { limit: -1 }, { limit: 1e9, afterSeq: "x", level: "loud" }, { afterSeq: 0.5 }]) expect(ring.read(nonsense as never).lines.length).toBe(1);
});
