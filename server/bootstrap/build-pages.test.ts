import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildPages } from "./build-pages.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "cutplane-pages-test-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What `next build` leaves, or leaves half. */
function fakeNext(id: string | null) {
  return async (env: Record<string, string>) => {
    const folder = path.join(root, env.CUTPLANE_PAGES_FOLDER!);
    mkdirSync(path.join(folder, "server"), { recursive: true });
    writeFileSync(path.join(root, "next-env.d.ts"), `import "./${env.CUTPLANE_PAGES_FOLDER}/types/routes.d.ts";\n`);
    if (id === null) throw new Error("Module not found");
    writeFileSync(path.join(folder, "BUILD_ID"), id);
    mkdirSync(path.join(folder, "types"), { recursive: true });
    const page = ["..", "..", "..", "app", "page.js"].join("/");
    writeFileSync(path.join(folder, "types/validator.ts"), `const page = "${page}";\n`);
  };
}
const buildId = () => readFileSync(path.join(root, ".next/BUILD_ID"), "utf8");

test("a build takes the place of the one before; what next dev has there stays", async () => {
  await buildPages(root, fakeNext("first"));
  mkdirSync(path.join(root, ".next/dev"));
  await buildPages(root, fakeNext("second"));
  expect(buildId()).toBe("second");
  expect(existsSync(path.join(root, ".next/dev"))).toBe(true);
  expect(readdirSync(path.join(root, ".build"))).toEqual([]);
  expect(readFileSync(path.join(root, "next-env.d.ts"), "utf8")).toBe('import "./.next/types/routes.d.ts";\n');
  expect(readFileSync(path.join(root, ".next/types/validator.ts"), "utf8")).toContain('"../../app/page.js"');
});

test("a build that fails leaves the one before, whole", async () => {
  await buildPages(root, fakeNext("first"));
  await expect(buildPages(root, fakeNext(null))).rejects.toThrow("Module not found");
  await expect(buildPages(root, async () => {})).rejects.toThrow("without a build");
  expect(buildId()).toBe("first");
  expect(existsSync(path.join(root, ".next/server"))).toBe(true);
  expect(readFileSync(path.join(root, "next-env.d.ts"), "utf8")).toContain('"./.next/');
});

test("a swap that was killed half-way is put right before the next build", async () => {
  mkdirSync(path.join(root, ".build/pages.old"), { recursive: true });
  writeFileSync(path.join(root, ".build/pages.old/BUILD_ID"), "before the kill");
  await expect(buildPages(root, fakeNext(null))).rejects.toThrow();
  expect(buildId()).toBe("before the kill");
});
