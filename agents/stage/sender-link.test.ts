import { expect, test } from "vitest";
import type { Message } from "../protocol/frame.ts";
import type { FrameConnection } from "./frame-connection.ts";
import { SenderLink } from "./sender-link.ts";

test("without credit frames wait, the lowest turn first and those without one where they came; with it they go", () => {
  const gone: number[] = [];
  const connection = { sendMessage: ({ requestId }: Message) => gone.push(requestId) } as unknown as FrameConnection;
  const link = new SenderLink(connection, 1, true);
  const turns = [5, 30, 10, undefined, 20, 10, undefined];
  for (const [requestId, turn] of turns.entries()) link.send({ requestId, traces: [] } as unknown as Message, () => undefined, undefined, turn);
  expect([gone, link.waiting]).toEqual([[0], 6]);
  link.grant(3);
  expect(gone).toEqual([0, 2, 5, 4]);
  link.grant(9);
  expect(gone).toEqual([0, 2, 5, 4, 1, 3, 6]);
});
