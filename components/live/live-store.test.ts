import { expect, test } from "vitest";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { applyEvent, useLive } from "./live-store.ts";

const event = (seq: number): StoredEvent => ({ seq, at: "2026-01-01T00:00:00.000Z", name: "node.online", subjectId: "node_1", actor: "control", message: `event ${seq}`, payload: { nodeId: "node_1" } }) as StoredEvent;
const shown = () => useLive.getState().events.map(({ seq }) => seq);

test("an event is shown at once, a burst's others together, each once, and what was seen last goes with what is shown", async () => {
  useLive.setState({ events: [], lastSeq: 7 });
  const seen: (number | null)[][] = [];
  const stop = useLive.subscribe((state) => seen.push([state.events.length, state.lastSeq]));
  expect(applyEvent(event(8))).toBe(true);
  expect(shown()).toEqual([8]);
  for (let seq = 9; seq <= 60; seq++) expect(applyEvent(event(seq))).toBe(true);
  expect(applyEvent(event(8))).toBe(false);
  expect(applyEvent(event(60))).toBe(false);
  expect(shown()).toEqual([8]);
  await expect.poll(shown).toHaveLength(53);
  stop();
  expect(seen).toEqual([[1, 8], [53, 60]]);
  expect(applyEvent(event(60))).toBe(false);
});
