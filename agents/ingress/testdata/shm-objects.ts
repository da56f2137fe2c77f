// Owns shared memory objects for tests, as a client's shm_open(3) makes them, under names of this process' own.
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeSync } from "node:fs";

const FOLDER = "/dev/shm";
let next = 0;

export type ShmObject = { /** "/name". */ key: string; path: string; write(bytes: Uint8Array, offset?: number): void; read(offset: number, length: number): Buffer; truncate(bytes: number): void; unlink(): void; /** Another object by the same key. */ replace(content: Uint8Array): void };

export class ShmObjects {
  readonly #prefix = `cutplane-test-${process.pid}-`;

  /** Of so many zeros, or of these bytes. */
  create(content: number | Uint8Array): ShmObject {
    const name = `${this.#prefix}${next++}`;
    const path = `${FOLDER}/${name}`;
    const make = (bytes: Uint8Array) => { const at = openSync(path, "wx+", 0o600); ftruncateSync(at, bytes.length); writeSync(at, bytes); closeSync(at); };
    make(typeof content === "number" ? new Uint8Array(content) : content);
    return {
      key: `/${name}`, path,
      write(bytes, offset = 0) { const at = openSync(path, "r+"); writeSync(at, bytes, 0, bytes.length, offset); closeSync(at); },
      read: (offset, length) => readFileSync(path).subarray(offset, offset + length),
      truncate: (bytes) => truncateSync(path, bytes),
      unlink: () => rmSync(path),
      replace(bytes) { rmSync(path); make(bytes); },
    };
  }

  /** Removes them all. */
  close(): void {
    for (const name of this.left()) rmSync(`${FOLDER}/${name}`, { force: true });
  }

  left(): string[] {
    return readdirSync(FOLDER).filter((name) => name.startsWith(this.#prefix));
  }

  /** Descriptors of objects of this kind that a process has open, whether or not they still have a name. */
  openIn(pid: number): string[] {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
        return target.startsWith(`${FOLDER}/${this.#prefix}`) ? [target] : [];
      } catch {
        return [];
      }
    });
  }
}
