// Owns one registered region: an open object, and the part of it that clients may name. It is closed once it is unregistered and nothing uses it any more.
// Bytes are copied in and out by position, so that an object that shrinks under a request is an answer and no fault.
import type { FileHandle } from "node:fs/promises";
import { Refusal } from "../refusal.ts";
import type { Place } from "./place.ts";

export type RegionStatus = { name: string; key: string; offset: number; byte_size: number };

export class Region {
  readonly status: RegionStatus;
  readonly #handle: FileHandle;
  #uses = 0;
  #isDropped = false;

  constructor(status: RegionStatus, handle: FileHandle) {
    this.status = status;
    this.#handle = handle;
  }

  /** The place stays until it is let go, also when the region is unregistered meanwhile. Throws Refusal where it does not lie inside. */
  hold(place: Place): HeldPlace {
    const { name, byte_size: size } = this.status;
    if (place.offset >= size) throw new Refusal(400, "bad_request", `Invalid offset for shared memory region: '${name}'`);
    if (place.offset + place.byteSize > size) throw new Refusal(400, "bad_request", `Invalid offset + byte size for shared memory region: '${name}'`);
    this.#uses++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#uses--;
      this.#closeUnused();
    };
    return { place, read: () => this.#read(place), write: (bytes) => this.#write(place, bytes), release };
  }

  /** No name leads here any more. */
  drop(): void {
    this.#isDropped = true;
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (this.#isDropped && this.#uses === 0) void this.#handle.close().catch(() => undefined);
  }

  async #read({ offset, byteSize }: Place): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(byteSize);
    const from = this.status.offset + offset;
    for (let at = 0; at < byteSize; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, byteSize - at, from + at);
      if (bytesRead === 0) throw this.#truncated(from + at);
      at += bytesRead;
    }
    return bytes;
  }

  /** At most what was asked for, and never past the object's end, which would make it longer. */
  async #write({ offset }: Place, bytes: Uint8Array): Promise<void> {
    const from = this.status.offset + offset;
    const { size } = await this.#handle.stat();
    if (from + bytes.length > size) throw this.#truncated(size);
    for (let at = 0; at < bytes.length; ) {
      try {
        at += (await this.#handle.write(bytes, at, bytes.length - at, from + at)).bytesWritten;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        throw new Refusal(503, "no_space", `there is no room left in this machine's shared memory for region '${this.status.name}'`, 1);
      }
    }
  }

  #truncated(size: number): Refusal {
    const { name, key, offset, byte_size: bytes } = this.status;
    return new Refusal(400, "bad_request", `shared memory region '${name}' is ${bytes} bytes from ${offset}, and its object '${key}' has been cut to ${size}: register it anew`);
  }
}

/** `release` may be called again. `read` rejects with Refusal, and so does `write`. */
export type HeldPlace = { place: Place; read(): Promise<Uint8Array>; write(bytes: Uint8Array): Promise<void>; release(): void };
