import { expect, test } from "vitest";
import { PROCESSOR_KINDS } from "../../agents/processor/load-processor.ts";
import { sampleKindOf } from "./model-sample.ts";

test("every kind of processor there is takes a known kind of sample", () => {
  expect(Object.fromEntries(PROCESSOR_KINDS.map((kind) => [kind, sampleKindOf(kind)]))).toEqual({
    "image-classify": "picture", "image-tensor": "picture", "ctc-text": "picture", "text-detect": "picture",
    "text-embed": "text", "text-classify": "text", "voice-activity": "audio",
  });
});

test("a kind that is not known takes none", () => {
  expect(sampleKindOf("text-to-speech")).toBeNull();
});
