import { afterEach, expect, test } from "vitest";
import { createLossReader, type LossReader } from "./loss-reader.ts";
import type { Peer } from "./protocol/control.ts";
import type { LinkLosses } from "./protocol/link-loss.ts";

const PORT = 7443;
const peer = (nodeId: string, host: string, port = PORT): Peer => ({ nodeId, name: nodeId, host, port, measure: true });
type Socket = { local: string; remote: string; sent: number; retrans?: number; dups?: number };
/** As `ss -tinH` prints it. */
const printed = (sockets: readonly Socket[]) => sockets.map(({ local, remote, sent, retrans = 0, dups = 0 }) => `ESTAB 0      0      ${local}     ${remote}\n\t cubic wscale:7,7 rto:204 rtt:0.6/0.2 mss:1448 cwnd:10 bytes_sent:${sent * 1448} segs_out:${sent + 9} segs_in:9 data_segs_out:${sent} data_segs_in:4 send 13249673bps${retrans > 0 ? ` retrans:0/${retrans}` : ""}${dups > 0 ? ` dsack_dups:${dups}` : ""} minrtt:0.4\n`).join("");

let reader: LossReader | null = null;
afterEach(() => reader?.stop());

/** What is told of these outputs, one after the other; the last one stays. */
async function follow(peers: readonly Peer[], outputs: readonly (string | null)[]): Promise<LinkLosses[]> {
  const told: LinkLosses[] = [];
  let at = 0;
  await new Promise<void>((resolve) => {
    reader = createLossReader({
      peers: () => peers, dataPort: PORT, everyMs: 1, run: async () => outputs[at++] ?? null,
      onLosses(one) { told.push(one); if (at >= outputs.length) { reader?.stop(); resolve(); } },
    });
  });
  return told;
}
const links = (told: readonly LinkLosses[]) => told.flatMap((one) => one.links.map((link) => [link.toNodeId, link.sentSegments, link.lostSegments]));

test("what was sent again since the last look is what was lost, on connections that it dialled and that were dialled", async () => {
  const sockets = (sent: number, retrans: number): Socket[] => [{ local: "10.0.0.1:7443", remote: "10.0.0.2:50432", sent, retrans }, { local: "10.0.0.1:51000", remote: "10.0.0.3:7443", sent, retrans: 0 }];
  expect(links(await follow([peer("b", "10.0.0.2"), peer("c", "10.0.0.3")], [printed(sockets(1000, 90)), printed(sockets(1200, 94))]))).toEqual([["b", 200, 4], ["c", 200, 0]]);
});

test("what the other side had already was not lost; few segments are added up first", async () => {
  const one = (sent: number, retrans: number, dups: number): Socket[] => [{ local: "10.0.0.1:7443", remote: "10.0.0.2:50432", sent, retrans, dups }];
  expect(links(await follow([peer("b", "10.0.0.2")], [printed(one(10, 0, 0)), printed(one(40, 1, 0)), printed(one(90, 4, 2))]))).toEqual([["b", 80, 2]]);
});

test("a connection that is new, or another one between the same ends, counts from its beginning; one to strangers does not", async () => {
  const first: Socket[] = [{ local: "10.0.0.1:7443", remote: "10.0.0.2:50432", sent: 5000, retrans: 900 }];
  const second: Socket[] = [{ local: "10.0.0.1:7443", remote: "10.0.0.2:50432", sent: 60, retrans: 3 }, { local: "10.0.0.1:51001", remote: "10.0.0.2:7443", sent: 40, retrans: 1 }, { local: "10.0.0.1:7443", remote: "192.0.2.7:40000", sent: 5000, retrans: 900 }];
  expect(links(await follow([peer("b", "10.0.0.2")], [printed(first), printed(second)]))).toEqual([["b", 100, 4]]);
});

test("peers on one machine are told apart where this node dialled them, and nothing is said of them where it can't be", async () => {
  const sockets = (sent: number): Socket[] => [{ local: "127.0.0.1:51000", remote: "127.0.0.1:7001", sent }, { local: "127.0.0.1:7443", remote: "127.0.0.1:52000", sent }];
  expect(links(await follow([peer("b", "127.0.0.1", 7001), peer("c", "127.0.0.1", 7002)], [printed(sockets(0)), printed(sockets(100))]))).toEqual([["b", 100, 0]]);
});

test("a machine without the program says so, and not that nothing is lost", async () => {
  expect(await follow([peer("b", "10.0.0.2")], [null])).toEqual([{ readable: false, links: [] }]);
});
