// The documents point at files: each path they name exists.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const PATH = /`((?:agents|app|bench|components|docs|e2e|lab|prisma|server)(?:\/[\w.-]+)+)`/g;

test.each([["docs/ARCHITECTURE.md", 80], ["AGENTS.md", 2], ["README.md", 1]])("every path that %s names exists", (file, atLeast) => {
  const named = [...readFileSync(path.join(root, file), "utf8").matchAll(PATH)].map((match) => match[1] as string);
  expect(named.length).toBeGreaterThanOrEqual(atLeast);
  expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});
