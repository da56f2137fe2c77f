// Owns Triton's system shared memory extension at an ingress: whether it is offered, and each client's own regions. A client is a user of this machine with
// the key it shows: neither another user's processes nor another key's name its regions (docs/decisions/0029).
import { createHash } from "node:crypto";
import { type Access, keyGiven } from "../find-model.ts";
import { Refusal } from "../refusal.ts";
import { LocalClients, type Peer } from "./local-clients.ts";
import { type ClientRegions, SharedRegions, unknownStatus } from "./shared-regions.ts";

export class SharedMemory {
  readonly #isOn: boolean;
  readonly #clients = new LocalClients();
  readonly #regions = new SharedRegions();

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** Among the server's extensions. */
  get isOffered(): boolean {
    return this.#isOn && process.platform === "linux";
  }

  /** Rejects with Refusal for who may have none here. */
  async of(peer: Peer, { authorization }: Access): Promise<ClientRegions> {
    if (!this.#isOn) throw new Refusal(501, "unsupported", "Client shared memory is disabled: this agent was started with --shared-memory off. Send tensors as binary data");
    if (!this.isOffered) throw new Refusal(501, "unsupported", `system shared memory is served on Linux alone, this is ${process.platform}: send tensors as binary data`);
    const uid = await this.#clients.uidOf(peer);
    const key = keyGiven(authorization);
    return this.#regions.of(JSON.stringify([uid, key === undefined ? null : createHash("sha256").update(key).digest("hex")]), uid);
  }

  /** For calls that look and clear up: who may have no regions has none, and is told so. */
  ofAnyone(peer: Peer, access: Access): Promise<Pick<ClientRegions, "status" | "unregister">> {
    return this.of(peer, access).catch((error: Error) => {
      if (error instanceof Refusal) return NONE;
      throw error;
    });
  }

  stop(): void {
    this.#regions.stop();
  }
}

const NONE: Pick<ClientRegions, "status" | "unregister"> = {
  status(name) {
    if (name !== "") throw unknownStatus(name);
    return [];
  },
  unregister: () => undefined,
};
