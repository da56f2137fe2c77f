// Owns reading what `ss -tinH` (iproute2) tells of TCP connections: their ends, and how many segments with data were sent and sent again. Pure.
//
//   ESTAB 0      0          10.0.0.1:7443     10.0.0.2:50432
//   	 cubic wscale:7,7 rto:204 … bytes_sent:512000 bytes_retrans:2896 segs_out:400 segs_in:210 data_segs_out:356 … retrans:0/2 dsack_dups:1 …
//
// `retrans:now/total` and `dsack_dups` are left out while they are zero (misc/ss.c, tcp_stats_print).

export type SocketEnd = { host: string; port: number };
/** Since the connection began. `duplicates`: segments sent again of which the other side had the first. */
export type SocketCounts = { local: SocketEnd; remote: SocketEnd; sentSegments: number; resentSegments: number; duplicates: number };

/** What is not understood is left out. */
export function parseSocketCounts(text: string): SocketCounts[] {
  const found: SocketCounts[] = [];
  let ends: { local: SocketEnd; remote: SocketEnd } | null = null;
  for (const line of text.split("\n")) {
    if (!/^\s/.test(line)) {
      ends = endsOf(line);
      continue;
    }
    const sent = numberAt(line, /\bdata_segs_out:(\d+)/);
    if (ends && sent !== null) found.push({ ...ends, sentSegments: sent, resentSegments: numberAt(line, /\bretrans:\d+\/(\d+)/) ?? 0, duplicates: numberAt(line, /\bdsack_dups:(\d+)/) ?? 0 });
    ends = null;
  }
  return found;
}

/** "10.0.0.1:7443", "[fe80::1%eth0]:7443", "[::ffff:10.0.0.1]:7443". */
function endsOf(line: string): { local: SocketEnd; remote: SocketEnd } | null {
  const ends = line.trim().split(/\s+/).flatMap((word): SocketEnd[] => {
    const [, host, port] = /^(.+):(\d+)$/.exec(word) ?? [];
    return host && port ? [{ host: plainHost(host), port: Number(port) }] : [];
  });
  const [local, remote] = ends.slice(-2);
  return local && remote ? { local, remote } : null;
}

/** Without brackets and zone; an IPv4 address in IPv6 clothes is the IPv4 address. */
export function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, "").replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "").toLowerCase();
}

function numberAt(line: string, pattern: RegExp): number | null {
  const text = pattern.exec(line)?.[1];
  return text === undefined ? null : Number(text);
}
