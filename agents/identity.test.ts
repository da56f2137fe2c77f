import { expect, test } from "vitest";
import { type Identity, movedTo, otherAddresses } from "./identity.ts";

const identity: Identity = { nodeId: "nod_x", name: "x", consoleUrl: "http://a:1", host: "a", port: 1, caPem: "", certificatePem: "", keyPem: "" };

test("of the consoles it is told of, a node keeps the usable ones that are not the present one", () => {
  expect(otherAddresses(identity, [{ host: "a", port: 1 }, { host: "b", port: 2, more: "x" }, { host: "::1", port: 3 }])).toEqual([{ host: "b", port: 2 }, { host: "::1", port: 3 }]);
  for (const nonsense of [null, "x", {}, [null], [{ host: "b" }], [{ host: "b/../c", port: 2 }], [{ host: "b", port: 70_000 }], [{ host: 3, port: 3 }]]) expect(otherAddresses(identity, nonsense)).toEqual([]);
  expect(otherAddresses(identity, Array.from({ length: 100 }, (_, index) => ({ host: `h${index}`, port: 1 }))).length).toBe(16);
});

test("going over to another console keeps the way back", () => {
  const moved = movedTo({ ...identity, others: [{ host: "b", port: 2 }, { host: "c", port: 3 }] }, { host: "b", port: 2 });
  expect(moved).toMatchObject({ host: "b", port: 2, nodeId: "nod_x", others: [{ host: "a", port: 1 }, { host: "c", port: 3 }] });
});
