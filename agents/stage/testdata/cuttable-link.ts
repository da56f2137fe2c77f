// Owns a network path for tests that can be cut (connections reset, new ones refused), frozen (nothing passes and nobody is told, as when a cable is pulled)
// and healed. Forwards bytes untouched otherwise.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type CuttableLink = { port: number; /** Bytes that passed, both ways. */ passedBytes(): number; cut(): void; freeze(): void; heal(): void; close(): Promise<void> };

export async function cuttableLink(toPort: number): Promise<CuttableLink> {
  const pairs = new Set<[Socket, Socket]>();
  let state: "up" | "cut" | "frozen" = "up";
  let passed = 0;
  const server = createServer((near) => {
    if (state === "cut") return void near.destroy();
    const far = connect(toPort, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    const end = () => { pairs.delete(pair); if (state !== "frozen") for (const socket of pair) socket.destroy(); };
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.setNoDelay(true);
      from.on("data", (bytes) => { passed += bytes.length; to.write(bytes); });
      from.on("error", () => undefined);
      from.on("close", end);
    }
    if (state === "frozen") for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = () => { for (const pair of [...pairs]) for (const socket of pair) socket.destroy(); };
  return {
    port: (server.address() as AddressInfo).port,
    passedBytes: () => passed,
    cut() { state = "cut"; drop(); },
    freeze() { state = "frozen"; for (const pair of pairs) for (const socket of pair) socket.pause(); },
    // A path that was frozen loses what was on it: its connections are gone for both sides.
    heal() { const was = state; state = "up"; if (was === "frozen") drop(); },
    close: () => new Promise((resolve) => { drop(); server.close(() => resolve()); }),
  };
}
