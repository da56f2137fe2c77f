// Owns who may use this machine's shared memory through an ingress: a process of this machine that asks over loopback, and of it the user, whose own objects
// alone it may name. An ingress may open more than its client may: without the user, whoever reaches it could read and write what others keep there.
import { readFile } from "node:fs/promises";
import { isLoopback } from "../is-loopback.ts";
import { Refusal } from "../refusal.ts";
import { type End, peerUid, plainAddress } from "./peer-uid.ts";

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
/** A table that changes while it is read may miss a row. */
const LOOKS = 2;

/** What tells of a request passed on by somebody else, who asks over loopback for a client that may be anywhere. */
export const PASSED_ON_HEADERS = ["via", "forwarded", "x-forwarded-for"] as const;

type Ends = { remoteAddress?: string; remotePort?: number; localAddress?: string; localPort?: number };
/** `connection`: one object as long as it is open. */
export type Peer = { connection: Ends & object; passedOn: boolean };

export class LocalClients {
  readonly #uids = new WeakMap<object, Promise<number | null>>();
  readonly #readTable: (path: string) => Promise<string>;

  constructor(readTable = (path: string) => readFile(path, "latin1").catch(() => "")) {
    this.#readTable = readTable;
  }

  /** Rejects with Refusal for who is not of this machine. */
  async uidOf({ connection, passedOn }: Peer): Promise<number> {
    const { remoteAddress: address = "" } = connection;
    const refuse = (why: string) => new Refusal(403, "not_local", `shared memory is for clients of this machine that ask over its loopback address: ${why}. Send tensors as binary data`);
    if (!isLoopback(plainAddress(address))) throw refuse(`this request came from ${address || "an unknown address"}`);
    if (passedOn) throw refuse(`this request was passed on by another (${PASSED_ON_HEADERS.join(", ")})`);
    const known = this.#uids.get(connection) ?? this.#look(connection);
    this.#uids.set(connection, known);
    const uid = await known;
    if (uid !== null) return uid;
    this.#uids.delete(connection);
    throw refuse("whose process is at the other end of this connection cannot be told");
  }

  async #look({ remoteAddress, remotePort, localAddress, localPort }: Ends): Promise<number | null> {
    if (!remoteAddress || !remotePort || !localAddress || !localPort) return null;
    const peer: End = { address: remoteAddress, port: remotePort };
    const own: End = { address: localAddress, port: localPort };
    for (let look = 0; look < LOOKS; look++) {
      for (const path of TABLES) {
        const uid = peerUid(await this.#readTable(path), peer, own);
        if (uid !== null) return uid;
      }
    }
    return null;
  }
}
