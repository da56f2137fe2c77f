import { pino } from "pino";
import { expect, test } from "vitest";
import { startLoop } from "./loop.ts";

const log = pino({ level: "silent" });
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

test("one pass at a time; wake-ups of one moment make one pass; a wake-up meanwhile makes one more", async () => {
  let passes = 0;
  let running = 0;
  let release = () => {};
  const loop = startLoop({
    name: "test",
    intervalMs: 3_600_000,
    log,
    run: async () => {
      passes++;
      expect(++running).toBe(1);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running--;
    },
  });
  for (let times = 0; times < 20; times++) loop.wake();
  await until(() => passes === 1);
  for (let times = 0; times < 20; times++) loop.wake();
  release();
  await until(() => passes === 2);
  release();
  await loop.stop();
  expect(passes).toBe(2);
});

test("a pass that throws is tried again, later", async () => {
  let passes = 0;
  const loop = startLoop({ name: "test", intervalMs: 3_600_000, log, random: () => 0, run: async () => {
    if (++passes < 3) throw new Error("the database is away");
  } });
  await until(() => passes === 3);
  await loop.stop();
});

test("what is due before the interval is seen when it is due", async () => {
  let passes = 0;
  const loop = startLoop({ name: "test", intervalMs: 3_600_000, log, dueInMs: () => (passes < 2 ? 0 : Number.POSITIVE_INFINITY), run: async () => { passes++; } });
  await until(() => passes === 2);
  await loop.stop();
  expect(passes).toBe(2);
});
