// Owns a temporary folder in which ONNX Runtime finds a model, its skeletons and their data files under the names they refer to.
// The runtime refuses links that leave the folder, so that files are hard-linked; copied only where the file system does not allow that.
import { constants, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type ModelFolder = { path: string; add(name: string, file: string): string; write(name: string, bytes: Uint8Array): string; remove(): void };

/** Beside the original where that folder is writable (links need the same file system), else in the system's temporary folder. */
export function openModelFolder(beside: string): ModelFolder {
  const path = makeFolder(beside);
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

function makeFolder(beside: string): string {
  const candidates = [join(dirname(beside), ".cutplane-inspect-"), join(tmpdir(), "cutplane-inspect-")];
  for (const prefix of dirname(beside).includes("node_modules") ? candidates.reverse() : candidates) {
    try {
      return mkdtempSync(prefix);
    } catch {
      // Not writable: the next one.
    }
  }
  return mkdtempSync(join(tmpdir(), "cutplane-inspect-"));
}
