// Builds the pages beside the ones that are there and puts them in their place when all went well: a build that fails, or is killed, leaves a console
// that works. Next.js finds a moved build, since its server tells every request where it reads from.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Relative to the repository, as Next.js wants it. */
const PLACE = ".next";
const FRESH = ".build/pages";
const OLD = ".build/pages.old";

/** `runNext` runs `next build` with these variables and rejects when it fails. */
export async function buildPages(root, runNext) {
  restoreKilledSwap(root);
  rmSync(path.join(root, FRESH), { recursive: true, force: true });
  mkdirSync(path.join(root, ".build"), { recursive: true });
  try {
    await runNext({ NODE_ENV: "production", CUTPLANE_PAGES_FOLDER: FRESH });
    if (!existsSync(path.join(root, FRESH, "BUILD_ID"))) throw new Error("next build ended without a build.");
    swap(root);
  } finally {
    rmSync(path.join(root, FRESH), { recursive: true, force: true });
    pointTypesAtPlace(root);
  }
}

function swap(root) {
  const [place, fresh, old] = [PLACE, FRESH, OLD].map((folder) => path.join(root, folder));
  rmSync(old, { recursive: true, force: true });
  if (existsSync(place)) renameSync(place, old);
  renameSync(fresh, place);
  // `next dev` keeps its own build in there, and may be running.
  if (existsSync(path.join(old, "dev"))) renameSync(path.join(old, "dev"), path.join(place, "dev"));
  rmSync(old, { recursive: true, force: true });
}

/** A swap that was killed between its two renames has left the old build under its other name. */
function restoreKilledSwap(root) {
  const [place, old] = [path.join(root, PLACE), path.join(root, OLD)];
  if (existsSync(path.join(old, "BUILD_ID")) && !existsSync(place)) renameSync(old, place);
}

/** `next build` writes where its types lie, and in them where the pages lie; the editor and `npm run check` read both. */
function pointTypesAtPlace(root) {
  rewrite(path.join(root, "next-env.d.ts"), `"./${FRESH}/`, `"./${PLACE}/`);
  rewrite(path.join(root, PLACE, "types/validator.ts"), `"${path.posix.relative(`${FRESH}/types`, "app")}/`, `"${path.posix.relative(`${PLACE}/types`, "app")}/`);
}

function rewrite(file, from, to) {
  if (!existsSync(file)) return;
  const text = readFileSync(file, "utf8");
  const pointed = text.replaceAll(from, to);
  if (pointed !== text) writeFileSync(file, pointed);
}
