import { expect, test } from "vitest";
import type { LinkSample } from "./protocol/control.ts";
import { type Settled, SettledLink } from "./settled-link.ts";

const sample = (rttMs: number, bandwidthBytesPerSecond: number | null): LinkSample => ({ toNodeId: "nod_b", at: "", rttMs, rttSdMs: rttMs / 10, bandwidthBytesPerSecond, error: null, rounds: 7 });
function follow(...samples: LinkSample[]): Settled[] {
  const link = new SettledLink();
  return samples.map((one) => link.add(one));
}
const said = ({ told, again }: Settled) => [told.rttMs, told.bandwidthBytesPerSecond, again.roundTrip, again.bandwidth];

test("a measurement while requests fill the link changes nothing, and is made again", () => {
  expect(follow(sample(4, 10e6), sample(37, 5.6e6), sample(4.2, 9.9e6)).map(said)).toEqual([[4, 10e6, false, false], [4, 10e6, true, true], [4, 10e6, false, false]]);
});

test("a way that has become longer and narrower is known with the third measurement, one that has become better with the first", () => {
  const longer = follow(sample(4, 10e6), sample(5, 10e6), sample(84, 1e6), sample(85, 1.1e6), sample(84, 1e6), sample(4, 12e6));
  expect(longer.map(said).slice(2)).toEqual([[4, 10e6, true, true], [5, 10e6, true, true], [84, 1.1e6, false, false], [4, 12e6, false, false]]);
  expect(longer[4]?.told).toMatchObject({ rttSdMs: 8.4, rounds: 7 });
});

test("round trips alone say nothing of the bandwidth; noise is not looked at again", () => {
  expect(follow(sample(2, 8e6), sample(2.4, null), sample(2.2, 7.5e6)).map(said)).toEqual([[2, 8e6, false, false], [2, null, false, false], [2, 8e6, false, false]]);
});

test("after a peer that did not answer only what came since counts", () => {
  const gone: LinkSample = { ...sample(0, null), error: "refused" };
  expect(follow(sample(2, 8e6), gone, sample(60, 1e6)).map(said)).toEqual([[2, 8e6, false, false], [0, null, false, false], [60, 1e6, false, false]]);
});
