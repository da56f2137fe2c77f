// Owns reading a model file by position: one descriptor, one reused buffer.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../model/byte-source.ts";

export type FileSource = ByteSource & { close(): void };

/** Reads return views of a buffer that the next read overwrites. */
export function openFileSource(path: string): FileSource {
  const descriptor = openSync(path, "r");
  const size = fstatSync(descriptor).size;
  let buffer = new Uint8Array(64 * 1024);
  return {
    size,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw new RangeError(`read of ${length} bytes at ${offset} of ${size}`);
      if (buffer.length < length) buffer = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const count = readSync(descriptor, buffer, done, length - done, offset + done);
        if (count === 0) throw new RangeError(`the file became shorter while it was read (at ${offset + done})`);
        done += count;
      }
      return buffer.subarray(0, length);
    },
    close: () => closeSync(descriptor),
  };
}
