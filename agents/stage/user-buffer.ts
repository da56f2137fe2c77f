// Owns reading a socket into memory of our choosing. `net.connect` offers that as `onread`, but not for a TLS socket over a connection that
// already exists, and ours does (the preamble came first). The hook below is what `onread` sets up inside Node; where a Node version has no
// such thing, reading falls back to `data` events and one copy, with the same result.
import type { Socket } from "node:net";

type Internals = Record<symbol, unknown> & { _handle?: { useUserBuffer?(buffer: Uint8Array): void } };

/** Reads from now on call `received` with the count of bytes written to what `destination` last returned. False = not possible here, nothing changed. */
export function readInto(socket: Socket, destination: () => Uint8Array, received: (count: number) => void): boolean {
  const internals = socket as unknown as Internals;
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string) => symbols.find((symbol) => symbol.description === name);
  const [buffer, callback, generator] = [named("kBuffer"), named("kBufferCb"), named("kBufferGen")];
  const handle = internals._handle;
  if (!buffer || !callback || !generator || typeof handle?.useUserBuffer !== "function" || socket.readableLength > 0) return false;
  const first = destination();
  internals[buffer] = first;
  internals[generator] = destination;
  internals[callback] = (count: number) => { received(count); return true; };
  handle.useUserBuffer(first);
  return true;
}
