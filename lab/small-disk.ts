// Owns a folder with little room: a tmpfs of its own where this machine lets us mount one, else nothing, with the reason. Filling it is a large file in it.
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import path from "node:path";

export type SmallDisk = { folder: string; /** Nothing of a megabyte fits any more. */ fill(): void; free(): void; remove(): void };

const BLOCK = Buffer.alloc(1024 * 1024);

export function mountSmallDisk(folder: string, bytes: number): { disk: SmallDisk; reason: null } | { disk: null; reason: string } {
  if (process.platform !== "linux") return { disk: null, reason: `a small disk needs Linux, this is ${process.platform}` };
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${Math.ceil(bytes)},mode=0700`, "tmpfs", folder], { stdio: "pipe" });
  } catch (error) {
    return { disk: null, reason: `no file system can be mounted here: ${(error as Error).message.split("\n")[0]}` };
  }
  const ballast = path.join(folder, "ballast");
  const disk: SmallDisk = {
    folder,
    fill() {
      const file = openSync(ballast, "w");
      try {
        const { bavail, bsize } = statfsSync(folder);
        // Bounded by what is free: a file system that lies must not fill the machine.
        for (let written = 0; written < bavail * bsize; written += BLOCK.length) writeSync(file, BLOCK);
        fsyncSync(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      try {
        execFileSync("umount", [folder], { stdio: "pipe" });
      } catch {
        execFileSync("umount", ["-l", folder], { stdio: "pipe" });
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return { disk, reason: null };
}
