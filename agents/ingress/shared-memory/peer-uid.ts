// Owns reading from the system's table of TCP connections whose process is at the other end of one that does not leave this machine.
// Linux, Documentation/networking/proc_net_tcp.rst. Little-endian machines; on others no row is found, and nobody is known.

/** `address`: as Node tells it. */
export type End = { address: string; port: number };

const ESTABLISHED = "01";
/** What the kernel writes for users that this process' user namespace does not have: all of them. */
const OVERFLOW_UID = 65_534;

/** IPv4 in IPv6 as IPv4. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** `table`: /proc/net/tcp or tcp6. Null = it has no such connection, or not its user: of one that its process has closed the kernel tells user 0. */
export function peerUid(table: string, peer: End, own: End): number | null {
  const port = `:${hexOf(peer.port)} `;
  for (const line of table.split("\n")) {
    if (!line.includes(port)) continue;
    const [, local = "", remote = "", state, , , , uid = "", , inode] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED || inode === "0" || !isEnd(local, peer) || !isEnd(remote, own)) continue;
    return /^\d+$/.test(uid) && Number(uid) !== OVERFLOW_UID ? Number(uid) : null;
  }
  return null;
}

const hexOf = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");

function isEnd(written: string, { address, port }: End): boolean {
  const [hex = "", at] = written.split(":");
  return at === hexOf(port) && addressOf(hex) === plainAddress(address);
}

/** Words of four bytes, each the other way round. IPv6 other than loopback stays as it is: it is nobody's here. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return hex;
  if (bytes.subarray(0, 12).equals(MAPPED)) return bytes.subarray(12).join(".");
  return bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1 ? "::1" : hex;
}

const MAPPED = Buffer.from("00000000000000000000ffff", "hex");
