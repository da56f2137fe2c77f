import { expect, test } from "vitest";
import { FrameWindow, LEAST_WINDOW_FRAMES, WINDOW_BYTES } from "./frame-window.ts";

const MAX_FRAMES = 64;

/** A sender that uses every credit at once, and a stage that is done with frames in order. Gives the most bytes that were held. */
function flood(window: FrameWindow, bytes: number, frames: number, leaving = bytes): number {
  let credits = window.open();
  let held = 0;
  let most = 0;
  for (let sent = 0; sent < frames;) {
    while (credits > 0 && sent < frames) { credits--; sent++; held++; window.received(bytes); most = Math.max(most, held * bytes); }
    window.leaves(leaving);
    window.finished();
    held--;
    credits += window.take();
  }
  while (held-- > 0) window.finished();
  return most;
}

test("small frames come as many as the limit allows, from the first that is known", () => {
  const window = new FrameWindow(MAX_FRAMES);
  expect(window.open()).toBe(LEAST_WINDOW_FRAMES);
  window.received(100);
  window.finished();
  expect(window.take()).toBe(MAX_FRAMES - LEAST_WINDOW_FRAMES + 1);
  expect(window.take()).toBe(0);
});

test("what is held stays within the budget, or is the least number of frames", () => {
  for (const bytes of [1, 1e3, 1e5, 3e5, 1e6, 3e6, 2e7]) {
    expect(flood(new FrameWindow(MAX_FRAMES), bytes, 500)).toBeLessThanOrEqual(Math.max(WINDOW_BYTES, LEAST_WINDOW_FRAMES * bytes));
  }
});

test("frames that leave larger than they came count as they leave", () => {
  const window = new FrameWindow(MAX_FRAMES);
  flood(window, 1e3, 100, 4e6);
  expect(window.frames).toBe(LEAST_WINDOW_FRAMES);
});

test("links share the budget, and a limit of fewer frames goes before the least", () => {
  const four = new FrameWindow(MAX_FRAMES, 4);
  four.received(2 ** 17);
  expect(four.frames).toBe(WINDOW_BYTES / 4 / 2 ** 17);
  expect(new FrameWindow(2).open()).toBe(2);
});

test("a window grows again after large frames, and a new connection begins with what is free", () => {
  const window = new FrameWindow(MAX_FRAMES);
  flood(window, 4e6, 20);
  flood(window, 1e3, 200);
  expect(window.frames).toBe(MAX_FRAMES);
  window.open();
  for (let frame = 0; frame < 10; frame++) window.received(1e3);
  expect(window.open()).toBe(MAX_FRAMES - 10);
});

test("whatever comes, the sender never ends without a credit once every frame is dealt with", () => {
  const window = new FrameWindow(MAX_FRAMES);
  let credits = window.open();
  let held = 0;
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  for (let step = 0; step < 5000; step++) {
    if (random() < 0.5 && credits > 0) { credits--; held++; window.received(10 ** (7 * random())); }
    else if (held > 0) { window.leaves(10 ** (7 * random())); window.finished(); held--; credits += window.take(); }
    if (held === 0) expect(credits).toBeGreaterThan(0);
  }
});
