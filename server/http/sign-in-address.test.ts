import { expect, test } from "vitest";
import { pageAfterSignIn, signInAddress } from "./sign-in-address.ts";

test("who signs in comes back to the page that was asked for, with its view", () => {
  const wanted = "/deployments/dep_1?tab=load&select=a,b";
  const address = signInAddress(wanted);
  expect(address).toBe("/login?next=%2Fdeployments%2Fdep_1%3Ftab%3Dload%26select%3Da%2Cb");
  expect(pageAfterSignIn(new URLSearchParams(address.split("?")[1]).get("next"))).toBe(wanted);
  expect(signInAddress("/")).toBe("/login");
});

test.each(["//evil.example", "/\\evil.example", "/.//evil.example", "/\t/evil.example", "https://evil.example/", "javascript:alert(1)", "nodes", "", "/login", "/login?next=/login", `/${"x".repeat(3_000)}`, null])("never another site, never the sign-in again: %s", (wanted) => {
  expect(pageAfterSignIn(wanted)).toBe("/");
});
