import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { endLingering } from "./end-lingering.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("what is still open at the limit is named once each, and the process is ended", () => {
  const said: string[] = [];
  const exit = vi.fn();
  endLingering({ limitMs: 5_000, resources: () => ["TCPSocketWrap", "Timeout", "TCPSocketWrap"], write: (line) => said.push(line), exit });
  vi.advanceTimersByTime(4_999);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(exit).toHaveBeenCalledOnce();
  expect(said).toEqual(["Still open after the stop: TCPSocketWrap, Timeout. Ended all the same.\n"]);
});

test("a process that nothing holds does not wait for the limit", () => {
  const timer = endLingering({ limitMs: 5_000, resources: () => [], write: () => {}, exit: () => {} });
  expect(timer.hasRef()).toBe(false);
});
