// Agents as the console sees them: real TLS, real Socket.io clients, a real database.
import "reflect-metadata";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Desired, Hardware, Hello } from "../../agents/protocol/control.ts";
import { testDeps } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import type { ConsoleInfo } from "../deps.ts";
import { type AgentListener, startAgentListener } from "../http/agent-listener.ts";
import { createNodeMetricsHandler } from "../http/node-metrics.ts";
import { listen } from "../listen.ts";
import { insertTopology } from "../store/topologies.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { createJoinToken } from "../commands/create-join-token.ts";
import { enrolNode } from "../commands/enrol-node.ts";
import { flushObserved } from "../commands/flush-observed.ts";
import { readNodeLogs } from "../commands/read-node-logs.ts";
import { renewNode } from "../commands/renew-node.ts";
import { removeNode } from "../commands/remove-node.ts";
import { syncDesired } from "../commands/sync-desired.ts";
import type { Deps } from "../commands/deps.ts";
import { listLinks } from "../store/links.ts";
import { findNode } from "../store/nodes.ts";
import { type CertificateAuthority, KEY_ALGORITHM, openCertificateAuthority } from "../trust/certificate-authority.ts";
import { makeJoinToken } from "../trust/join-tokens.ts";
import { openServerKey } from "../trust/server-key.ts";
import { signNodeCertificate } from "../trust/node-certificate.ts";
import { type AgentSockets, attachAgents } from "./agents.ts";

const database = withTestDatabase();
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-agents-test-"));
const clients: Socket[] = [];
let deps: Deps;
let authority: CertificateAuthority;
let listener: AgentListener;
let sockets: AgentSockets;

beforeAll(async () => {
  deps = { ...testDeps(database.db, { nowMs: 0 }), clock: { now: () => Date.now() } };
  authority = await openCertificateAuthority(folder, Date.now());
  listener = await startAgentListener({ deps, authority, key: await openServerKey(folder), host: "127.0.0.1", ports: [0], hosts: [], advertisedHost: "127.0.0.1" });
  sockets = attachAgents(listener.server, deps);
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await sockets.close();
  await listener.close();
  rmSync(folder, { recursive: true, force: true });
});

const hardware = { hostname: "h", platform: "linux", arch: "x64", cpuModel: "cpu", cores: 1, memoryBytes: 8e9, memoryAvailableBytes: 8e9, diskFreeBytes: 1e12, providers: ["cpu"], deviceClass: "class", nodeVersion: "20", agentVersion: "0", ortVersion: "1" };
const hello: Hello = { controlVersion: 1, agentVersion: "0", bootId: "boot", cursor: 0, hardware, dataHost: "", dataPort: 4_000 };
type Agent = { nodeId: string; name: string; certificatePem: string; keyPem: string };

async function token(nodeName?: string): Promise<string> {
  const { hash } = makeJoinToken(authority.fingerprint);
  await createJoinToken(deps, { hash, actor: "test", ...(nodeName === undefined ? {} : { nodeName }) });
  return hash;
}
async function csr(): Promise<{ csrPem: string; keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: "CN=x", keys: keys as unknown as CryptoKeyPair, signingAlgorithm: KEY_ALGORITHM }, webcrypto as unknown as Crypto);
  const keyPem = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { csrPem: request.toString("pem"), keyPem };
}
async function enrolled(name: string, tokenHash?: string, hardwareTold: unknown = hardware): Promise<Agent> {
  const { csrPem, keyPem } = await csr();
  const hash = tokenHash ?? (await token());
  const node = await enrolNode(deps, { request: { controlVersion: 1, token: "", csrPem, name, hardware: hardwareTold as Hardware }, tokenHash: hash, sign: ({ csrPem, nodeId }) => signNodeCertificate(authority, { csrPem, nodeId, now: Date.now() }) });
  return { nodeId: node.nodeId, name: node.name, certificatePem: node.certificatePem, keyPem };
}
function connect(agent: Agent | null, auth: object = hello): Socket {
  const tls = { ca: authority.certificatePem, ...(agent ? { cert: agent.certificatePem, key: agent.keyPem } : {}), checkServerIdentity: () => undefined };
  const client = io(`https://127.0.0.1:${listener.endpoint.port}/agents`, { ...(tls as object), transports: ["websocket"], reconnection: false, forceNew: true, auth });
  clients.push(client);
  return client;
}
const once = <T>(client: Socket, event: string) => new Promise<T>((resolve) => client.once(event, resolve));
type Refusal = Error & { data?: { code: string; message: string } };

test("a join token lets one node in, however many try at once; equal names get numbers", async () => {
  const hash = await token("edge");
  const outcomes = await Promise.allSettled([enrolled("x", hash), enrolled("x", hash), enrolled("x", hash)]);
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).toBe(1);
  const names = (await Promise.all([enrolled("edge"), enrolled("edge")])).map((node) => node.name).sort();
  expect(names).toEqual(["edge-2", "edge-3"]);
  await expect(enrolled("x", "0".repeat(64))).rejects.toMatchObject({ code: "unauthorized" });
});

test("hardware that is none is named before the token is used up", async () => {
  const hash = await token();
  for (const [wrong, place] of [[{ ...hardware, cores: "many" }, "cores"], [{ ...hardware, hostname: "h".repeat(2_001) }, "hostname"], [{}, "hostname"], [null, ""], [{ ...hardware, providers: Array(33).fill("cpu") }, "providers"]] as const) {
    await expect(enrolled("x", hash, wrong)).rejects.toMatchObject({ code: "bad-request", message: expect.stringContaining(`"${place}"`) });
  }
  const agent = await enrolled("x", hash, { ...hardware, cpuModel: "a\0b\ud800", secret: "not asked for" });
  expect((await findNode(database.db, agent.nodeId))?.observed?.hardware).toEqual({ ...hardware, cpuModel: "a\uFFFDb\uFFFD" });
});

test("text that the database can't hold stops nobody's events", async () => {
  const agent = await enrolled("odd");
  const client = connect(agent);
  await once(client, "connect");
  await client.timeout(5_000).emitWithAck("report", { seq: 1, at: "", bootId: "boot\0", cursor: 0, notices: [{ at: "", level: "warn", code: "odd", message: "zero \0 and half \udc00" }] });
  await flushObserved(deps);
  const notice = await database.db.event.findFirstOrThrow({ where: { subjectId: agent.nodeId, name: "node.notice" } });
  expect(notice.message).toContain("zero \uFFFD and half \uFFFD");
  client.disconnect();
});

test("an agent connects, is told what to do, and its reports are kept", async () => {
  const agent = await enrolled("worker");
  const client = connect(agent);
  const desired = once<Desired>(client, "desired");
  client.on("desired", (_document: Desired, acknowledge: (answer: { cursor: number }) => void) => acknowledge({ cursor: _document.version }));
  await once(client, "connect");
  await syncDesired(deps, await readSnapshot(database.db, Date.now()));
  const document = await desired;
  expect(document).toMatchObject({ version: 1, nodeId: agent.nodeId });
  const assignment = { assignmentId: "asg_1", segmentId: "seg_1", state: "fetching", bytesDone: 1, bytesTotal: 2, bytesPerSecond: 1, loadMs: null, warmMs: null, residentBytes: null, restarts: 0, lanes: [], error: null };
  await client.timeout(5_000).emitWithAck("report", { seq: 1, at: new Date().toISOString(), bootId: "boot", cursor: 1, assignments: [assignment], notices: [{ at: "", level: "warn", code: "disk", message: "little room" }] });
  await flushObserved(deps);
  const stored = await findNode(database.db, agent.nodeId);
  expect(stored?.observed).toMatchObject({ cursor: 1, dataHost: "127.0.0.1", dataPort: 4_000, assignments: [{ assignmentId: "asg_1", state: "fetching" }] });
  const names = (await database.db.event.findMany({ where: { subjectId: agent.nodeId }, orderBy: { seq: "asc" } })).map((event) => event.name);
  expect(names).toEqual(["node.enrolled", "node.online", "assignment.changed", "node.notice"]);
  client.disconnect();
});

test("an agent's log is read through its connection; away, silent and lying agents are named", async () => {
  const agent = await enrolled("logger");
  const query = { afterSeq: null, limit: 10, level: "info" } as const;
  await expect(readNodeLogs(deps, { nodeId: agent.nodeId, query })).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("not connected") });
  await expect(readNodeLogs(deps, { nodeId: "nod_none", query })).rejects.toMatchObject({ code: "not-found" });
  const client = connect(agent);
  await once(client, "connect");
  await client.timeout(5_000).emitWithAck("report", { seq: 1, at: "", bootId: "boot", cursor: 0 });
  const page = { bootId: "boot", lines: [{ seq: 7, at: "2026-01-01T00:00:00.000Z", level: "info", code: "started", message: "hello" }], firstSeq: 1, nextSeq: 7, headSeq: 7 };
  client.once("logs", (asked: unknown, acknowledge: (answer: unknown) => void) => acknowledge({ ...page, asked, lines: page.lines }));
  expect(await readNodeLogs(deps, { nodeId: agent.nodeId, query })).toEqual(page);
  client.once("logs", (_asked: unknown, acknowledge: (answer: unknown) => void) => acknowledge({ ...page, lines: [{ seq: "x" }] }));
  await expect(readNodeLogs(deps, { nodeId: agent.nodeId, query })).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("not valid") });
  // Nobody listens: four wait for the answer, a fifth is turned away.
  const waiting = Array.from({ length: 4 }, () => readNodeLogs(deps, { nodeId: agent.nodeId, query }).catch((error: { code: string }) => error.code));
  await expect.poll(() => readNodeLogs(deps, { nodeId: agent.nodeId, query }).catch((error: { code: string }) => error.code)).toBe("too-many");
  client.disconnect();
  expect(await Promise.all(waiting)).toEqual(Array(4).fill("unavailable"));
});

test("Prometheus finds each approved node with its zone and scrapes it through its connection; away, silent and lying agents are named", async () => {
  const agent = await enrolled("scraped");
  const handler = createNodeMetricsHandler({ ...deps, info: { consoleUrl: "https://console.example:7700" } as ConsoleInfo });
  const server = createServer((req, res) => void handler(req, res).then((taken) => { if (!taken) res.writeHead(404).end(); }));
  await listen(server, "127.0.0.1", 0, "--port");
  const get = async (url: string) => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}${url}`);
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  };
  const node = { id: "tn_1", name: "scraped", zoneId: "zone_1", nodeId: agent.nodeId, trust: "trusted" as const, memoryBytes: null, speed: null, pricePerHour: null, idleWatts: null, activeWatts: null };
  await insertTopology(database.db, { id: "top_scraped", name: "drawn", document: { nodes: [node], links: [], zones: [{ id: "zone_1", name: "Hall 2" }], sourceId: null }, layout: {}, followsFleet: false, createdAt: new Date() });
  const path = `/metrics/nodes/${agent.nodeId}`;
  const { type, text } = await get("/metrics/targets");
  expect(type).toMatch(/^application\/json/);
  expect((JSON.parse(text) as { labels: { node_id: string } }[]).find(({ labels }) => labels.node_id === agent.nodeId)).toEqual({
    targets: ["console.example:7700"],
    labels: { __scheme__: "https", __metrics_path__: path, instance: "scraped", node: "scraped", node_id: agent.nodeId, zone: "Hall 2" },
  });
  expect((await get("/metrics/nodes/nod_none")).status).toBe(404);
  const client = connect(agent);
  await once(client, "connect");
  await client.timeout(5_000).emitWithAck("report", { seq: 1, at: "", bootId: "boot", cursor: 0 });
  const answering = (page: unknown) => client.once("metrics", (acknowledge: (answer: unknown) => void) => acknowledge(page));
  answering({ text: "# HELP a A.\n# TYPE a gauge\na 1\n", error: null });
  expect(await get(path)).toEqual({ status: 200, type: "text/plain; version=0.0.4; charset=utf-8", text: "# HELP a A.\n# TYPE a gauge\na 1\n" });
  answering({ text: null, error: "too many" });
  expect(await get(path)).toMatchObject({ status: 503, text: expect.stringContaining("too many") });
  answering({ text: 7 });
  expect(await get(path)).toMatchObject({ status: 503, text: expect.stringContaining("not valid") });
  client.disconnect();
  await expect.poll(() => get(path)).toMatchObject({ status: 503, text: expect.stringContaining("not connected") });
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

test("no certificate, a wrong version and a broken hello are refused with a reason", async () => {
  const agent = await enrolled("strict");
  const reason = async (client: Socket) => (await once<Refusal>(client, "connect_error")).data;
  expect(await reason(connect(null))).toMatchObject({ code: "unauthorized" });
  expect(await reason(connect(agent, { ...hello, controlVersion: 99 }))).toMatchObject({ code: "bad-request", message: expect.stringContaining("99") });
  expect(await reason(connect(agent, { ...hello, dataPort: -1 }))).toMatchObject({ code: "bad-request", message: expect.stringContaining("dataPort") });
});

test("reports that are no reports are named, then end the connection; nothing crashes", async () => {
  const client = connect(await enrolled("liar"));
  await once(client, "connect");
  const refused = once<{ code: string }>(client, "refused");
  const invalid = once<{ message: string }>(client, "invalid");
  for (const nonsense of [null, 7, { seq: -1 }, { seq: 1, at: "", bootId: "b", cursor: 0, sample: { cpuRatio: "much" } }, [], "x"]) client.emit("report", nonsense);
  expect((await invalid).message).toContain("not valid");
  expect((await refused).code).toBe("bad-request");
});

test("what no row can hold is refused by name, and keeps nobody's reports from being written", async () => {
  const liar = await enrolled("boaster");
  const honest = await enrolled("honest");
  const reason = async (client: Socket) => (await once<Refusal>(client, "connect_error")).data;
  expect(await reason(connect(liar, { ...hello, cursor: 2 ** 31 - 1 }))).toMatchObject({ code: "bad-request", message: expect.stringContaining("cursor") });
  expect(await reason(connect(liar, { ...hello, hardware: { ...hardware, deviceClass: "x".repeat(2_000) } }))).toMatchObject({ message: expect.stringContaining("hardware.deviceClass") });
  const [client, other] = [connect(liar, { ...hello, cursor: 2_000_000_000 }), connect(honest)];
  await Promise.all([once(client, "connect"), once(other, "connect")]);
  const fleet = liveFleet(database.db);
  fleet.snapshot = await readSnapshot(database.db, Date.now());
  await syncDesired(deps, fleet.snapshot);
  const invalid = once<{ message: string }>(client, "invalid");
  client.emit("report", { seq: 1, at: "", bootId: "boot", cursor: 2 ** 40, assignments: [] });
  expect((await invalid).message).toContain("cursor");
  const link = { rttMs: 1, rttSdMs: 0, bandwidthBytesPerSecond: null, error: null };
  const before = fleet.links.size;
  const links = [{ ...link, toNodeId: honest.nodeId, at: "infinity" }, { ...link, toNodeId: `${honest.nodeId}>x`, at: "now" }, { ...link, toNodeId: liar.nodeId, at: "" }, { ...link, toNodeId: "nod_nobody", at: "" }];
  await client.timeout(5_000).emitWithAck("report", { seq: 2, at: "", bootId: "boot", cursor: 0, links });
  expect(fleet.links.size).toBe(before + 1);
  await other.timeout(5_000).emitWithAck("report", { seq: 1, at: "", bootId: "boot", cursor: 7, assignments: [] });
  await flushObserved(deps);
  expect((await findNode(database.db, honest.nodeId))?.observed?.cursor).toBe(7);
  expect(Number.isFinite(Date.parse((await listLinks(database.db, honest.nodeId))[0]?.measuredAt ?? ""))).toBe(true);
  fleet.snapshot = null;
  for (const one of [client, other]) one.disconnect();
});

test("a link's figures carry our clock, however wrong the agent's is", async () => {
  const [skewed, peer] = [await enrolled("skewed"), await enrolled("peer")];
  const client = connect(skewed);
  await once(client, "connect");
  const fleet = liveFleet(database.db);
  const year = 365 * 24 * 3600 * 1000;
  for (const [seq, offsetMs] of [[1, year], [2, -year]] as const) {
    const before = Date.now();
    const said = (ageMs: number) => new Date(Date.now() + offsetMs - ageMs).toISOString();
    await client.timeout(5_000).emitWithAck("report", { seq, at: said(0), bootId: "boot", cursor: 0, links: [{ toNodeId: peer.nodeId, at: said(60_000), rttMs: 1, rttSdMs: 0, bandwidthBytesPerSecond: null, error: null }] });
    const measuredAtMs = Date.parse(fleet.links.get(`${skewed.nodeId}>${peer.nodeId}`)?.measuredAt ?? "");
    expect(measuredAtMs).toBeGreaterThan(before - 61_000);
    expect(measuredAtMs).toBeLessThanOrEqual(Date.now() - 55_000);
  }
  client.disconnect();
});

test("answers to a renewal may be lost, one after the other, without locking the node out", async () => {
  const agent = await enrolled("unlucky");
  const renew = async (): Promise<Agent> => {
    const { csrPem, keyPem } = await csr();
    const { certificatePem } = await renewNode(deps, { nodeId: agent.nodeId, csrPem, sign: ({ csrPem, nodeId }) => signNodeCertificate(authority, { csrPem, nodeId, now: Date.now() }) });
    return { ...agent, certificatePem, keyPem };
  };
  const admitted = async (one: Agent) => {
    const client = connect(one);
    const code = await Promise.race([once(client, "connect").then(() => "in"), once<Refusal>(client, "connect_error").then((error) => error.data?.code)]);
    client.disconnect();
    return code;
  };
  await renew();
  expect(await admitted(agent)).toBe("in");
  await renew();
  expect(await admitted(agent)).toBe("in");
  const renewed = await renew();
  expect(await admitted(renewed)).toBe("in");
  expect(await admitted(agent)).toBe("unauthorized");
});

test("an agent that floods is let go", async () => {
  const client = connect(await enrolled("flood"));
  await once(client, "connect");
  const refused = once<{ code: string }>(client, "refused");
  for (let seq = 1; seq <= 200; seq++) client.emit("report", { seq, at: "", bootId: "boot", cursor: 0 });
  expect((await refused).code).toBe("too-many");
});

test("a removed node's connection ends, and its certificate opens nothing any more", async () => {
  const agent = await enrolled("gone");
  const client = connect(agent);
  await once(client, "connect");
  const refused = once<{ code: string }>(client, "refused");
  await removeNode(deps, { nodeId: agent.nodeId, actor: "test" });
  expect((await refused).code).toBe("forbidden");
  expect((await once<Refusal>(connect(agent), "connect_error")).data).toMatchObject({ code: "forbidden" });
});

test("a cursor ahead of the console's version raises the version", async () => {
  const agent = await enrolled("ahead");
  const client = connect(agent, { ...hello, cursor: 41 });
  await once(client, "connect");
  await syncDesired(deps, await readSnapshot(database.db, Date.now()));
  expect(liveFleet(database.db).desired.get(agent.nodeId)?.document.version).toBe(42);
  client.disconnect();
});

test("a fleet of simulated agents: every report of everybody is taken, and written by a few statements", async () => {
  const clients = await Promise.all(Array.from({ length: 40 }, async () => connect(await enrolled("simulated"))));
  await Promise.all(clients.map((client) => (client.connected ? null : once(client, "connect"))));
  const sample = { cpuRatio: 0.5, agentCpuCores: 0.1, memoryUsedBytes: 1, agentRssBytes: 1, stages: [], ingress: [] };
  const acknowledged = await Promise.all(
    clients.flatMap((client) => [1, 2, 3].map((seq) => client.timeout(10_000).emitWithAck("report", { seq, at: "", bootId: "boot", cursor: 0, sample, assignments: [] }))),
  );
  expect(acknowledged.length).toBe(120);
  await flushObserved(deps);
  const heard = [...liveFleet(database.db).nodes.values()].filter((live) => live.sample !== null && !live.dirty);
  expect(heard.length).toBeGreaterThanOrEqual(40);
  for (const client of clients) client.disconnect();
});
