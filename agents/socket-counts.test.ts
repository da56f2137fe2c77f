import { expect, test } from "vitest";
import { parseSocketCounts } from "./socket-counts.ts";

const OUTPUT = `ESTAB 0      0          10.0.0.1:7443     10.0.0.2:50432
	 cubic wscale:7,7 rto:204 rtt:0.612/0.25 ato:40 mss:1448 pmtu:1500 rcvmss:1448 advmss:1448 cwnd:7 ssthresh:7 bytes_sent:515348 bytes_retrans:5792 bytes_acked:509557 bytes_received:9043 segs_out:371 segs_in:214 data_segs_out:356 data_segs_in:41 send 132496732bps lastsnd:12 lastrcv:12 lastack:12 pacing_rate 158988456bps delivery_rate 94560000bps delivered:353 busy:1204ms retrans:0/4 dsack_dups:1 reord_seen:1 rcv_space:14480 rcv_ssthresh:64088 minrtt:0.401 snd_wnd:65536
CLOSE-WAIT 1      0      [::ffff:10.0.0.1]:7443     [::ffff:10.0.0.3]:50440
	 cubic wscale:7,7 rto:201 rtt:0.3/0.15 mss:1448 pmtu:1500 cwnd:10 bytes_sent:2031 bytes_acked:2032 segs_out:19 segs_in:16 data_segs_out:9 data_segs_in:8 send 386133333bps app_limited rcv_space:14600 minrtt:0.3
ESTAB 0      0      [fe80::a:1%eth0]:51000     [fe80::a:2%eth0]:7443
	 bbr wscale:10,10 rto:208 rtt:7.498/4.879 mss:1428 cwnd:18 bytes_sent:22074 segs_out:85 data_segs_out:84 bbr:(bw:15018657712bps,mrtt:0.008,pacing_gain:2.88672,cwnd_gain:2.88672) retrans:1/1 lost:1 minrtt:0.008
LISTEN 0      511        *:7443        *:*
SYN-SENT 0      1       10.0.0.1:51010     10.0.0.9:7443
	 cubic rto:4000 mss:524 cwnd:1 retrans:1/2 lost:1
`;

test("ends and counts of each connection are read; what tells no counts is left out", () => {
  expect(parseSocketCounts(OUTPUT)).toEqual([
    { local: { host: "10.0.0.1", port: 7443 }, remote: { host: "10.0.0.2", port: 50432 }, sentSegments: 356, resentSegments: 4, duplicates: 1 },
    { local: { host: "10.0.0.1", port: 7443 }, remote: { host: "10.0.0.3", port: 50440 }, sentSegments: 9, resentSegments: 0, duplicates: 0 },
    { local: { host: "fe80::a:1", port: 51000 }, remote: { host: "fe80::a:2", port: 7443 }, sentSegments: 84, resentSegments: 1, duplicates: 0 },
  ]);
});

test("nonsense is nothing", () => {
  expect(parseSocketCounts("")).toEqual([]);
  expect(parseSocketCounts("Cannot open netlink socket: Protocol not supported\n\t data_segs_out:9\n")).toEqual([]);
});
