// Owns giving memory of a buffer back at once. The garbage collector knows little of memory outside its heap: answers that have been sent would stay until tens
// of megabytes have gathered, and how many is anybody's guess.
import { MessageChannel } from "node:worker_threads";

/** Smaller ones are not worth a call. */
const LEAST_BYTES = 64 * 1024;

/** Nobody listens: what is transferred to it is let go (the HTML standard has a transfer detach also where the port is closed). */
const { port1: nowhere, port2 } = new MessageChannel();
port2.close();

/** Nothing may view the buffer any more: its views are empty from then on. */
export function giveBack(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= LEAST_BYTES) nowhere.postMessage(null, [buffer]);
}
