import { expect, test } from "vitest";
import type { PeerMessage } from "../live/peer-message.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { createPayloadReader, toPayloads } from "./notice-parts.ts";

const random = seededRandom(7);
/** Text that does not compress. */
const noise = (length: number) => Array.from({ length }, () => Math.floor(random() * 36).toString(36)).join("");
const wake = (reason: string): PeerMessage => ({ kind: "wake", reason });

test("messages of any size arrive as they were sent, in payloads PostgreSQL takes", () => {
  const reader = createPayloadReader("con_b");
  for (const messages of [[wake("a")], [wake(noise(40_000)), wake("ä € 漢")], []]) {
    const payloads = toPayloads("con_a", 3, messages);
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
    const heard = payloads.map((payload) => reader.hear(payload));
    expect(heard.slice(0, -1).every((one) => one === null)).toBe(true);
    expect(heard.at(-1)).toEqual({ from: "con_a", messages });
  }
});

test("a text with a missing part is dropped, the next one is heard; two senders do not mix; own words are passed over", () => {
  const reader = createPayloadReader("con_b");
  const long = toPayloads("con_a", 1, [wake(noise(40_000))]);
  expect(long.length).toBeGreaterThan(2);
  const other = toPayloads("con_c", 1, [wake(noise(40_000))]);
  const heard = long.flatMap((payload, index) => [index === 1 ? null : reader.hear(payload), reader.hear(other[index] as string)]).filter(Boolean);
  expect(heard.map((one) => one?.from)).toEqual(["con_c"]);
  expect(reader.hear(toPayloads("con_a", 2, [wake("next")])[0] as string)?.messages).toEqual([wake("next")]);
  expect(reader.hear(toPayloads("con_b", 1, [wake("mine")])[0] as string)).toBeNull();
});

test("what is no message of ours harms nobody", () => {
  const reader = createPayloadReader("con_b");
  for (const payload of ["", "x", ":", "con_a.1.0.1:", "con_a.1.0.1:%%%", `con_a.1.0.1:${Buffer.from("{").toString("base64")}`, "con_a.1.5.9:AA"]) expect(reader.hear(payload)?.messages ?? []).toEqual([]);
});
