import { expect, test } from "vitest";
import { giveBack } from "./give-back.ts";

test("memory is back at once, without the garbage collector", () => {
  const before = process.memoryUsage().arrayBuffers;
  const views: Uint8Array[] = [];
  for (let made = 0; made < 6; made++) {
    const bytes = new Uint8Array(4 * 1024 * 1024).fill(1);
    views.push(bytes);
    giveBack(bytes.buffer);
  }
  expect(views.every((view) => view.length === 0)).toBe(true);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
});

test("small ones and pieces of Node's own pool are left alone", () => {
  const small = new Uint8Array(100);
  giveBack(small.buffer);
  giveBack(Buffer.allocUnsafe(10).buffer);
  expect(small.length).toBe(100);
});
