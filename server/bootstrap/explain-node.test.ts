import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { explainNode } from "./explain-node.cjs";

test.each([["20.19.0", true], ["20.20.2", true], ["22.0.0", true], ["24.3.1", true], ["20.18.9", false], ["18.20.4", false], ["9.0.0", false]])("Node.js %s fits: %s", (version, fits) => {
  expect(explainNode(version) === null).toBe(fits);
  if (!fits) expect(explainNode(version)).toContain(`this is v${version}`);
});

test("the entry says so to a Node.js that is too old, before it loads anything else", () => {
  const entry = path.resolve(import.meta.dirname, "../bootstrap.cjs");
  const fake = 'Object.defineProperty(process.versions,"node",{value:"18.19.1"});';
  const { status, stderr } = spawnSync(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(fake)}`, entry, "start", "--no-demo"], { encoding: "utf8" });
  expect(stderr).toMatch(/Node\.js 20\.19 or newer is needed; this is v18\.19\.1/);
  expect(status).toBe(1);
});

test.each(["bootstrap.cjs", "bootstrap/explain-node.cjs"])("%s is read by every Node.js there is", (name) => {
  const source = readFileSync(path.resolve(import.meta.dirname, "..", name), "utf8");
  const written = (target: string) => transformSync(source, { target, legalComments: "none" }).code;
  expect(written("es2017")).toBe(written("esnext"));
});
