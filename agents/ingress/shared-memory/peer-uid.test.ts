import { expect, test } from "vitest";
import { peerUid } from "./peer-uid.ts";

const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const row = (local: string, remote: string, uid: number, { state = "01", inode = 5150 } = {}) => `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
const V4 = "0100007F";
const MAPPED = "0000000000000000FFFF00000100007F";
const V6 = "00000000000000000000000001000000";
const own = { address: "127.0.0.1", port: 8000 };
const peer = { address: "127.0.0.1", port: 0xabcd };

test("the row of the other end tells its user, in either table", () => {
  const table = HEAD + row(`${V4}:1F40`, "00000000:0000", 0, { state: "0A" }) + row(`${V4}:1F40`, `${V4}:ABCD`, 1000) + row(`${V4}:ABCD`, `${V4}:1F40`, 1234);
  expect(peerUid(table, peer, own)).toBe(1234);
  expect(peerUid(table, { ...peer, address: "::ffff:127.0.0.1" }, { ...own, address: "::ffff:127.0.0.1" })).toBe(1234);
  expect(peerUid(HEAD + row(`${MAPPED}:ABCD`, `${MAPPED}:1F40`, 7), peer, own)).toBe(7);
  expect(peerUid(HEAD + row(`${V6}:ABCD`, `${V6}:1F40`, 8), { ...peer, address: "::1" }, { ...own, address: "::1" })).toBe(8);
});

test("another connection, one that is ending, one whose process has closed it, and one of a user that cannot be told, tell nothing", () => {
  for (const other of [
    row(`${V4}:ABCE`, `${V4}:1F40`, 1000), row(`${V4}:ABCD`, `${V4}:1F41`, 1000), row("0200007F:ABCD", `${V4}:1F40`, 1000), row(`${V6}:ABCD`, `${V6}:1F40`, 1000),
    row(`${V4}:ABCD`, `${V4}:1F40`, 0, { state: "06", inode: 0 }), row(`${V4}:ABCD`, `${V4}:1F40`, 0, { inode: 0 }), row(`${V4}:ABCD`, `${V4}:1F40`, 65_534), "garbage:ABCD \n",
  ]) expect(peerUid(HEAD + other, peer, own), other).toBeNull();
});
