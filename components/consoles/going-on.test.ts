import { expect, test } from "vitest";
import { goOnAddress, readArrival } from "./going-on.ts";

const here = { origin: "http://a:1", pathname: "/deployments/dep_1", search: "?tab=load&select=x,y", hash: "#keys" };

test("path, view and place go along, and where the page came from is read there", () => {
  const address = new URL(goOnAddress("http://b:2", here, [5, 7]));
  expect([address.origin, address.pathname, address.hash]).toEqual(["http://b:2", "/deployments/dep_1", "#keys"]);
  expect(address.search).toContain("tab=load&select=x,y");
  expect(readArrival(address.search, 10)).toEqual({ from: "http://a:1", movedAtMs: [5, 7] });
});

test("going there and back again says each time the last console alone", () => {
  const there = new URL(goOnAddress("http://b:2", here, [5]));
  const back = new URL(goOnAddress("http://a:1", there, [5, 7]));
  expect(readArrival(back.search, 10)).toEqual({ from: "http://b:2", movedAtMs: [5, 7] });
});

test.each(["", "?came-from=javascript:alert(1)&moved-at=x.-4.99999", "?came-from=http://&moved-at=1e400"])("an address that says nothing true is not believed: %s", (search) => {
  expect(readArrival(search, 10)).toEqual({ from: null, movedAtMs: [] });
});
