import { expect, test } from "vitest";
import { createActs } from "./acts.ts";

const gate = () => {
  let open!: (error?: Error) => void;
  const passed = new Promise<void>((resolve, reject) => { open = (error) => (error ? reject(error) : resolve()); });
  return { open, passed };
};

test("one act of a thing at a time, and others go on meanwhile, as many as there is room for", async () => {
  const acts = createActs(() => {}, 2);
  const [slow, quick] = [gate(), gate()];
  acts.begin("a", () => slow.passed);
  expect([acts.isBusy("a"), acts.isBusy("b"), acts.hasRoom()]).toEqual([true, false, true]);
  expect(() => acts.begin("a", async () => {})).toThrow("cannot be acted on now");
  acts.begin("b", () => quick.passed);
  expect(acts.hasRoom()).toBe(false);
  expect(() => acts.begin("c", async () => {})).toThrow("cannot be acted on now");
  quick.open();
  await quick.passed;
  await new Promise(setImmediate);
  expect([acts.isBusy("a"), acts.isBusy("b"), acts.hasRoom()]).toEqual([true, false, true]);
  slow.open();
  await acts.ended();
  expect(acts.isBusy("a")).toBe(false);
});

test("what fails is told, ends, and may be tried again", async () => {
  const failures: [string, unknown][] = [];
  const acts = createActs((id, error) => failures.push([id, error]));
  const error = new Error("no plan");
  acts.begin("a", () => Promise.reject(error));
  await acts.ended();
  expect(failures).toEqual([["a", error]]);
  expect(acts.isBusy("a")).toBe(false);
});
