import { expect, test } from "vitest";
import { decodeErrorBody, encodeErrorBody, textOf } from "./error-body.ts";
import { MAX_CONTROL_BODY_BYTES, type StageTrace } from "./frame.ts";

const trace = (stageIndex: number, nodeId = `nod_${stageIndex}`): StageTrace => ({ stageIndex, nodeId, queueMs: 0.5, computeMs: 12.25, receivedBytes: 4096, times: { receiveMs: 2, roundTripMs: stageIndex === 0 ? null : 4, holdMs: 13 } });
const words = (body: Uint8Array) => new TextDecoder().decode(textOf(body));

test("words and traces come back as they were", () => {
  const body = encodeErrorBody("zu groß", [trace(0), trace(1)]);
  expect(decodeErrorBody(body)).toEqual({ text: "zu groß", traces: [trace(0), trace(1)] });
  expect(words(body)).toBe("zu groß");
});

test("towards a sender that reads no traces, and from a stage that tells none, there are words alone", () => {
  expect(new TextDecoder().decode(encodeErrorBody("no", null))).toBe("no");
  expect(decodeErrorBody(new TextEncoder().encode("no"))).toEqual({ text: "no", traces: [] });
  expect(decodeErrorBody(new Uint8Array())).toEqual({ text: "", traces: [] });
});

test("a zero byte in the words does not end them early", () => {
  expect(decodeErrorBody(encodeErrorBody("a\0b", [trace(0)]))).toEqual({ text: "a b", traces: [trace(0)] });
});

test("too many traces: those nearest to the failure stay, and the body is within its limit", () => {
  const all = Array.from({ length: 200 }, (_, index) => trace(index));
  const body = encodeErrorBody("x".repeat(5000), all);
  expect(body.length).toBeLessThanOrEqual(MAX_CONTROL_BODY_BYTES);
  const { text, traces } = decodeErrorBody(body);
  expect(text.length).toBe(1024);
  expect(traces.length).toBeGreaterThan(40);
  expect(traces).toEqual(all.slice(-traces.length));
});

test("cut off anywhere, the words stay and nothing is thrown", () => {
  const body = encodeErrorBody("waited", [trace(0), trace(1)]);
  for (let length = 0; length < body.length; length++) {
    const { text, traces } = decodeErrorBody(body.slice(0, length));
    expect("waited".startsWith(text)).toBe(true);
    expect(traces.length).toBeLessThanOrEqual(1);
  }
});
