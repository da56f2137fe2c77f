import { expect, test } from "vitest";
import { KNOWN_CONSOLES_MAX, knowConsoles } from "./known-consoles.ts";

test("a console is known by its address, its machine's name and, on loopback, by every name of that, at its own port alone", () => {
  const consoles = knowConsoles("http://own:1");
  consoles.note([{ url: "https://10.0.0.5:7700", hostname: "Edge-5" }, { url: "http://127.0.0.1:7701", hostname: "here" }]);
  expect(consoles.origins()).toEqual(["https://10.0.0.5:7700", "http://127.0.0.1:7701"]);
  for (const origin of ["https://10.0.0.5:7700", "https://edge-5:7700", "http://127.0.0.1:7701", "http://localhost:7701", "http://[::1]:7701"]) expect(consoles.isKnown(origin), origin).toBe(true);
  for (const origin of ["http://10.0.0.5:7700", "https://10.0.0.5", "https://evil.example", "http://here:7701", "http://localhost:7700", "null", ""]) expect(consoles.isKnown(origin), origin).toBe(false);
});

test("those that live are told first, then those that went, the last known before the others", () => {
  const consoles = knowConsoles("http://own:1");
  const [a, b, c] = ["a", "b", "c"].map((hostname) => ({ url: `http://${hostname}:1`, hostname })) as [{ url: string; hostname: string }, { url: string; hostname: string }, { url: string; hostname: string }];
  consoles.note([a, b, c]);
  expect(consoles.livingFirst([b])).toEqual([b, c, a]);
  expect(consoles.livingFirst([])).toEqual([c, b, a]);
});

test("what is no web address, and this console itself, is left out, and the longest known goes first", () => {
  const consoles = knowConsoles("http://own:1");
  consoles.note([{ url: "", hostname: "starting" }, { url: "javascript:alert(1)", hostname: "odd" }, { url: "http://own:1/", hostname: "before a restart" }]);
  expect(consoles.origins()).toEqual([]);
  for (let index = 0; index <= KNOWN_CONSOLES_MAX; index++) consoles.note([{ url: `http://10.0.0.${index}:7700`, hostname: `h${index}` }, { url: "http://10.0.0.0:7700", hostname: "h0" }]);
  expect(consoles.origins()).toHaveLength(KNOWN_CONSOLES_MAX);
  expect(consoles.isKnown("http://10.0.0.0:7700")).toBe(true);
  expect(consoles.isKnown("http://10.0.0.1:7700")).toBe(false);
});
