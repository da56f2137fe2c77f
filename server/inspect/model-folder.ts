// Owns a temporary folder in which ONNX Runtime finds a model, its skeletons and their data files under the names they refer to.
// The runtime refuses links that leave the folder, so that files are hard-linked; copied only where the file system does not allow that.
import { constants, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const PREFIX = ".cutplane-inspect-";

export type ModelFolder = { path: string; add(name: string, file: string): string; write(name: string, bytes: Uint8Array): string; remove(): void };

/** Beside the original where that folder is writable (links need the same file system), else in the system's temporary folder. */
export function openModelFolder(beside: string): ModelFolder {
  return modelFolderAt(makeFolder(beside));
}

/** The folder of that path, opened by someone else: a thread works in what its starter owns and removes, since a thread can be ended at any instruction. */
export function modelFolderAt(path: string): ModelFolder {
  const place = (name: string) => {
    const target = join(path, name);
    mkdirSync(dirname(target), { recursive: true });
    return target;
  };
  return {
    path,
    add(name, file) {
      const target = place(name);
      try {
        linkSync(file, target);
      } catch {
        copyFileSync(file, target, constants.COPYFILE_FICLONE);
      }
      return target;
    },
    write(name, bytes) {
      const target = place(name);
      writeFileSync(target, bytes);
      return target;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/**
 * At start, before anything is inspected: removes what a process that was killed left below `root`, in it or one folder down, where artifacts lie.
 * Returns how many.
 */
export async function sweepModelFolders(root: string): Promise<number> {
  let removed = 0;
  for (const entry of await readdir(root, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const path = join(root, entry.name);
    const left = entry.name.startsWith(PREFIX) ? [path] : (await readdir(path).catch(() => [])).filter((name) => name.startsWith(PREFIX)).map((name) => join(path, name));
    for (const folder of left) await rm(folder, { recursive: true, force: true });
    removed += left.length;
  }
  return removed;
}

function makeFolder(beside: string): string {
  const candidates = [join(dirname(beside), PREFIX), join(tmpdir(), "cutplane-inspect-")];
  for (const prefix of dirname(beside).includes("node_modules") ? candidates.reverse() : candidates) {
    try {
      return mkdtempSync(prefix);
    } catch {
      // Not writable: the next one.
    }
  }
  return mkdtempSync(join(tmpdir(), "cutplane-inspect-"));
}
