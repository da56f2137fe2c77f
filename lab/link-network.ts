// Owns a network of directed links between named nodes, entered through one HTTP CONNECT proxy per node: whoever dials through node A's
// proxy to node B's address has its bytes carried by the links A→B and B→A. Needs no root and changes nothing on the machine.
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createShapedLink, type LinkSettings, OPEN_LINK, seededRandom, type ShapedLink } from "./shaped-link.ts";

export type NetworkConfig = {
  seed?: number;
  /** Where each node's data port really listens. */
  nodes: { name: string; host: string; port: number }[];
  /** Port 0 = any free one. Host is loopback always. */
  proxies: { node: string; port: number }[];
  links: ({ from: string; to: string } & Partial<LinkSettings>)[];
  /** What happens to connections that leave the network: refused, as ever, or carried as they are, over no emulated link. */
  beyond?: "refused" | "open";
};
export type LinkNetwork = {
  /** Chosen ports, by node. */
  ports: Record<string, number>;
  set(from: string, to: string, change: Partial<LinkSettings>): void;
  /** "hold" keeps bytes back until restored (what a broken wire does); "reset" ends connections and refuses new ones. */
  cut(from: string, to: string, how?: "hold" | "reset"): void;
  restore(from: string, to: string): void;
  /** New addresses of nodes, links and settings; connections stay. */
  apply(config: NetworkConfig): void;
  stats(): { from: string; to: string; bytes: number; connections: number; cut: boolean }[];
  close(): Promise<void>;
};

/** A client that opens more is broken; each costs two sockets. */
const MAX_CONNECTIONS = 4096;
const CONNECT_TIMEOUT_MS = 10_000;

type Carried = { from: string; to: string; end(): void };

export async function startLinkNetwork(config: NetworkConfig): Promise<LinkNetwork> {
  const links = new Map<string, ShapedLink>();
  const refused = new Set<string>();
  const carried = new Set<Carried>();
  const addresses = new Map<string, { name: string; host: string; port: number }>();
  let beyond: "refused" | "open" = "refused";
  const key = (from: string, to: string) => `${from}\u0000${to}`;

  function linkOf(from: string, to: string): ShapedLink {
    const existing = links.get(key(from, to));
    if (existing) return existing;
    const made = createShapedLink(OPEN_LINK, seededRandom(hash(`${config.seed ?? 1}/${from}/${to}`)));
    links.set(key(from, to), made);
    return made;
  }
  function apply(next: NetworkConfig): void {
    addresses.clear();
    beyond = next.beyond ?? "refused";
    for (const node of next.nodes) addresses.set(`${node.host}:${node.port}`, node);
    for (const { from, to, ...settings } of next.links) linkOf(from, to).set({ ...OPEN_LINK, ...settings });
  }
  function open(source: string, target: string, client: Duplex, head: Buffer): void {
    const node = addresses.get(target) ?? (beyond === "open" ? strangerAt(target) : null);
    if (!node) return refuse(client, `502 no node of this network listens at ${target}`);
    if (carried.size >= MAX_CONNECTIONS) return refuse(client, `503 more than ${MAX_CONNECTIONS} connections`);
    if (refused.has(key(source, node.name)) || refused.has(key(node.name, source))) return refuse(client, `503 the link between ${source} and ${node.name} is cut`);
    const there = linkOf(source, node.name);
    const back = linkOf(node.name, source);
    const remote = connect({ host: node.host, port: node.port, noDelay: true });
    const entry: Carried = { from: source, to: node.name, end: () => { client.destroy(); remote.destroy(); } };
    carried.add(entry);
    const timer = setTimeout(() => entry.end(), CONNECT_TIMEOUT_MS);
    const gone = () => { clearTimeout(timer); carried.delete(entry); entry.end(); };
    client.on("error", gone).on("close", () => { if (!remote.connecting && client.readableEnded) return void carried.delete(entry); gone(); });
    // That nobody listens is told as such (RFC 9209), after a round trip: who dials must tell it from a link that is cut.
    const tell = () => there.send(0, () => back.send(0, () => refuse(client, "502 nobody listens there", "Proxy-Status: lab; error=connection_refused")));
    remote.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNREFUSED" ? tell() : gone())).on("close", () => clearTimeout(timer));
    remote.once("connect", () => {
      clearTimeout(timer);
      // The handshake of the connection takes a round trip of the emulated links.
      there.send(0, () => back.send(0, () => {
        if (client.destroyed) return;
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        carry(client, remote, there, head, gone);
        carry(remote, client, back, Buffer.alloc(0), gone);
      }));
    });
  }

  apply(config);
  const servers: Server[] = [];
  const ports: Record<string, number> = {};
  for (const { node, port } of config.proxies) {
    const server = createServer((_req, res) => res.writeHead(405).end("only CONNECT\n"));
    server.on("connect", (req, socket, head) => { (socket as Socket).setNoDelay(true); open(node, req.url ?? "", socket, head); });
    server.on("clientError", (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
    ports[node] = (server.address() as { port: number }).port;
    servers.push(server);
  }
  const endBetween = (a: string, b: string) => {
    for (const one of [...carried]) if ((one.from === a && one.to === b) || (one.from === b && one.to === a)) one.end();
  };
  return {
    ports, apply,
    set: (from, to, change) => linkOf(from, to).set(change),
    cut(from, to, how = "hold") {
      if (how === "hold") return linkOf(from, to).cut();
      refused.add(key(from, to));
      endBetween(from, to);
    },
    restore(from, to) {
      refused.delete(key(from, to));
      linkOf(from, to).restore();
    },
    stats: () => [...links].map(([name, link]) => {
      const [from = "", to = ""] = name.split("\u0000");
      const connections = [...carried].filter((one) => (one.from === from && one.to === to) || (one.from === to && one.to === from)).length;
      return { from, to, bytes: link.bytesDelivered(), connections, cut: link.isCut() || refused.has(name) };
    }),
    async close() {
      for (const one of [...carried]) one.end();
      for (const link of links.values()) link.stop();
      await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); })));
    },
  };
}

/** All who are beyond share one name, and with it one open link each way. */
function strangerAt(target: string): { name: string; host: string; port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(target);
  const [host, port] = [match?.[1] ?? match?.[2], Number(match?.[3])];
  return host && port > 0 && port < 65_536 ? { name: "(beyond)", host, port } : null;
}

function refuse(client: Duplex, status: string, header?: string): void {
  client.on("error", () => client.destroy());
  client.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n${header ? `${header}\r\n` : ""}\r\n`);
}

/** One direction. Stops reading while the link's window is full or the far side does not take more: memory stays bounded. */
function carry(from: Duplex, to: Duplex, link: ShapedLink, first: Buffer, gone: () => void): void {
  let onTheWay = 0;
  let blocked = false;
  const settle = () => {
    if (!blocked && onTheWay < link.windowBytes()) from.resume();
  };
  const take = (chunk: Buffer) => {
    onTheWay += chunk.length;
    if (onTheWay >= link.windowBytes()) from.pause();
    const pieceBytes = link.pieceBytes();
    for (let at = 0; at < chunk.length; at += pieceBytes) send(chunk.subarray(at, at + pieceBytes));
  };
  const send = (piece: Buffer) => link.send(piece.length, () => {
    onTheWay -= piece.length;
    if (to.destroyed) return;
    if (!to.write(piece)) {
      blocked = true;
      from.pause();
    }
    settle();
  });
  to.on("drain", () => {
    blocked = false;
    settle();
  });
  from.on("data", take);
  from.on("end", () => link.send(0, () => to.end()));
  from.on("close", () => { if (!from.readableEnded) gone(); });
  if (first.length > 0) take(first);
}

/** FNV-1a: turns names into a seed. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}
