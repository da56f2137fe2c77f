import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openModelFolder, sweepModelFolders } from "./model-folder.ts";
import { withTempFolder } from "./testing-models.ts";

test("files are linked under the names a model uses, and gone with the folder; the originals stay", () => withTempFolder(async (root) => {
  mkdirSync(join(root, "ab"));
  const original = join(root, "ab", "abcd");
  writeFileSync(original, "weights");
  const folder = openModelFolder(original);
  const linked = folder.add("data/w.bin", original);
  expect(statSync(linked).ino).toBe(statSync(original).ino);
  expect(readFileSync(folder.write("model.onnx", Buffer.from("m")), "utf8")).toBe("m");
  folder.remove();
  expect(readdirSync(join(root, "ab"))).toEqual(["abcd"]);
  expect(readFileSync(original, "utf8")).toBe("weights");
}));

test("what a killed process left is swept at the next start, and nothing else", () => withTempFolder(async (root) => {
  mkdirSync(join(root, "ab", ".incoming"), { recursive: true });
  const original = join(root, "ab", "abcd");
  writeFileSync(original, "weights");
  openModelFolder(original).add("whole/model.onnx", original);
  openModelFolder(original);
  openModelFolder(join(root, "unnamed")).write("a", new Uint8Array(1));
  expect(await sweepModelFolders(root)).toBe(3);
  expect(readdirSync(root)).toEqual(["ab"]);
  expect(readdirSync(join(root, "ab")).sort()).toEqual([".incoming", "abcd"]);
  expect(readFileSync(original, "utf8")).toBe("weights");
  expect(await sweepModelFolders(join(root, "not-there"))).toBe(0);
  expect(existsSync(original)).toBe(true);
}));
