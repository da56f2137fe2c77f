import type { ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { guarded } from "./end-once.ts";

test("answers are written until the stream's end begins, whoever began it, and none after", () => {
  const out: unknown[] = [];
  const library = { sendMetadata: () => undefined, sendMessage: (message: unknown) => out.push(message), sendStatus: ({ code }: { code: number }) => out.push(`end ${code}`) } as unknown as ServerInterceptingCallInterface;
  const call = guarded(library);
  call.sendMessage("one", () => undefined);
  // As it does for a frame that it cannot read.
  library.sendStatus({ code: 8, details: "" });
  call.sendMessage("two", () => undefined);
  expect(out).toEqual(["one", "end 8"]);
});
