import { expect, test } from "vitest";
import { sessionModes } from "./session-modes.ts";

test.each([[0.35, [1]], [1, [1]], [2, [1, 2]], [6.5, [1, 2, 4]], [64, [1, 2, 4, 8, 16]]])("%d cores: %j threads", (cores, threads) => {
  expect(sessionModes(cores).map((mode) => mode.intraOpThreads)).toEqual(threads);
});
