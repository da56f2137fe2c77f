// Two real consoles on one PostgreSQL, agents connected to either, requests flowing: one of them is stopped, woken, killed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import pg from "pg";
import { bundledModel, callApi, type Cluster, type ConsoleProcess, startCluster, until } from "../../e2e/cluster.ts";
import { deployOverAll, SERVED_MODEL } from "../../e2e/deploy-over-all.ts";
import { type LoadResult, sampleOf, startLoad } from "../../e2e/load.ts";
import type { StoredEvent } from "../events/catalogue.ts";

const NAME = "twofold";
const REQUESTS_PER_SECOND = 4;
/** The port that discards: nothing listens there. */
const NOBODY = "http://127.0.0.1:9";
const database = `several_${process.pid}`;
let cluster: Cluster;
let served: Awaited<ReturnType<typeof deployOverAll>>;
const sockets: Socket[] = [];

async function onServer<T>(sql: string, name = ""): Promise<T[]> {
  const client = new pg.Client({ connectionString: name === "" ? inject("postgresUrl") : urlOf(name) });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
const urlOf = (name: string) => Object.assign(new URL(inject("postgresUrl")), { pathname: `/${name}` }).href;

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${database}`);
  cluster = await startCluster(["one", "two", "three"], {
    shared: { consoles: 2, databaseUrl: urlOf(database) },
    // One of them is told of a console that is away, first.
    agentArguments: (name, url) => (name === "three" ? ["--console", `${NOBODY},${url}`] : []),
  });
  served = await deployOverAll(cluster, NAME);
}, 240_000);
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  for (const console of cluster?.consoles ?? []) signal(console, "SIGCONT");
  await cluster?.stop();
  await onServer(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
}, 180_000);

type SystemInfo = { consoles: { id: string; url: string; leads: boolean; isThis: boolean }[] };
type Node = { id: string; name: string; status: string };
const info = (console: ConsoleProcess) => callApi<SystemInfo>(console.url, "GET", "/system");
const nodes = (console: ConsoleProcess) => callApi<Node[]>(console.url, "GET", "/nodes");
const term = async () => (await onServer<{ term: number }>(`SELECT term FROM "Leadership"`, database))[0]?.term ?? 0;
const statusAt = async (console: ConsoleProcess) => (await callApi<{ status: string }>(console.url, "GET", `/deployments/${served.deploymentId}`)).status;

function signal(console: ConsoleProcess, name: NodeJS.Signals): void {
  try {
    process.kill(console.pid(), name);
  } catch {
    // It has ended already.
  }
}

/** Who leads, as `asked` sees it, and the other one. */
async function leaderAndFollower(asked = cluster.consoles[0] as ConsoleProcess): Promise<[ConsoleProcess, ConsoleProcess]> {
  let leader: ConsoleProcess | undefined;
  await until("one of two consoles to lead", async () => {
    const { consoles } = await info(asked);
    leader = cluster.consoles.find((one) => consoles.some((row) => row.leads && row.url === one.url));
    return consoles.length === 2 && leader !== undefined;
  });
  return [leader as ConsoleProcess, cluster.consoles.find((one) => one !== leader) as ConsoleProcess];
}

/** A browser's feed. */
function follow(console: ConsoleProcess): StoredEvent[] {
  const heard: StoredEvent[] = [];
  const socket = io(`${console.url}/live`, { transports: ["websocket"] });
  sockets.push(socket);
  socket.on("connect", () => socket.emit("follow", { afterSeq: null }));
  socket.on("event", (event: StoredEvent) => heard.push(event));
  return heard;
}

/** A machine that is too busy for the load says so; nothing else may go wrong. */
function expectNoticedByNobody(result: LoadResult): void {
  expect(result).toMatchObject({ lost: 0, duplicated: 0, different: 0 });
  expect(result.answered + result.failed).toBe(result.sent);
  expect(result.errors.filter((message) => !message.includes('"code":"overloaded"'))).toEqual([]);
}

async function makeTopology(console: ConsoleProcess, name: string): Promise<void> {
  await callApi(console.url, "POST", "/topologies", { name });
}

test("either console shows the whole fleet, serves every file and tells browsers of every event", async () => {
  const [leader, follower] = await leaderAndFollower();
  for (const console of [leader, follower]) {
    await until("all nodes online", async () => (await nodes(console)).every((node) => node.status === "online"));
    expect(await statusAt(console)).toBe("live");
    // The loop of the leader has looked at it; the follower asks it.
    const thought = () => callApi<{ verdict: string | null; reason: string }>(console.url, "GET", `/deployments/${served.deploymentId}/adaptation`);
    await until("what adaptation thinks of it", async () => (await thought()).verdict !== null);
    // Accepting is the leader's: the follower hands it on, and its answer back.
    await expect(callApi(console.url, "POST", `/deployments/${served.deploymentId}/adaptation/accept`, { decisionId: "dec_none" })).rejects.toThrow(/404 .*dec_none/);
  }
  const feeds = [follow(leader), follow(follower)];
  await until("both browsers to be connected", async () => sockets.every((socket) => socket.connected));
  await makeTopology(leader, "made at the leader");
  await makeTopology(follower, "made at the follower");
  const said = (feed: StoredEvent[]) => feed.filter((event) => event.name === "topology.saved").map((event) => event.message);
  for (const feed of feeds) await until("both events", async () => said(feed).some((text) => text.includes("made at the leader")) && said(feed).some((text) => text.includes("made at the follower")));
  const seqs = (feeds[1] as StoredEvent[]).map((event) => event.seq);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  // Two of the three agents are connected to one of them, one to the other: each answers for all.
  for (const console of [leader, follower]) for (const node of await nodes(console)) expect(await callApi(console.url, "GET", `/nodes/${node.id}/logs`)).toBeTruthy();
}, 180_000);

test("a leader that hangs is succeeded within ten seconds, and writes nothing when it wakes; requests do not notice", async () => {
  const [leader, follower] = await leaderAndFollower();
  const before = await term();
  const load = startLoad(served.url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
  const stoppedAtMs = await databaseMs();
  signal(leader, "SIGSTOP");
  await until("the other one to lead", async () => (await term()) > before);
  const since = await onServer<{ ms: number }>(`SELECT (extract(epoch FROM since) * 1000)::float8 AS ms FROM "Leadership"`, database);
  // A span on the database's own clock: how long it took to notice, not how long this test waited.
  expect((since[0]?.ms ?? 0) - stoppedAtMs).toBeLessThan(10_000);
  const takeovers = async () => (await callApi<{ events: StoredEvent[] }>(follower.url, "GET", "/events?kind=console&severity=warn")).events.map((event) => event.message);
  await until("the feed to say so", async () => (await takeovers()).some((message) => /leads now\. The console that led/.test(message)));
  await until("its agents to be with the other one", async () => (await nodes(follower)).every((node) => node.status === "online"));
  await makeTopology(follower, "while it slept");
  signal(leader, "SIGCONT");
  await until("the sleeper to see that it does not lead", async () => (await info(leader)).consoles.some((row) => row.isThis && !row.leads));
  expect(await term()).toBe(before + 1);
  for (const console of [leader, follower]) await until("both to say live", async () => (await statusAt(console)) === "live");
  expectNoticedByNobody(await load.stop());
}, 180_000);

test("a leader that is killed is succeeded, a deployment is moved by its successor, and it comes back as a follower", async () => {
  const [leader, follower] = await leaderAndFollower();
  const before = await term();
  const load = startLoad(served.url, NAME, await sampleOf(bundledModel(SERVED_MODEL), [1, 3, 48, 192]), REQUESTS_PER_SECOND);
  // A move is under way when it dies.
  await callApi(follower.url, "POST", `/deployments/${served.deploymentId}/plan`, { planId: await planCutAt(follower, 10) });
  await leader.kill("SIGKILL");
  await until("the other one to lead", async () => (await term()) > before);
  await until("the move to end", async () => {
    const { status, ...rest } = await callApi<{ status: string; statusReason?: string; migration?: unknown }>(follower.url, "GET", `/deployments/${served.deploymentId}`);
    if (status !== "live") throw new Error(`it is ${status}: ${JSON.stringify(rest).slice(0, 4000)}`);
    return true;
  });
  await leader.restart();
  const [leads] = await leaderAndFollower(leader);
  expect(leads).toBe(follower);
  await until("the one that came back to know the fleet", async () => (await nodes(leader)).every((node) => node.status === "online") && (await statusAt(leader)) === "live");
  expectNoticedByNobody(await load.stop());
}, 240_000);

test("a console with another folder on the same database is told why it can't join", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-other-"));
  const root = path.resolve(import.meta.dirname, "../..");
  const { status, stderr } = spawnSync(process.execPath, ["dist/server.mjs", "--no-demo", "--port", "0", "--data", folder, "--database-url", urlOf(database)], { cwd: root, encoding: "utf8", env: { ...process.env, NODE_ENV: "production" } });
  rmSync(folder, { recursive: true, force: true });
  expect(status).toBe(1);
  expect(stderr).toContain("belongs to another console");
  expect(stderr).toContain("--shared");
}, 180_000);

async function databaseMs(): Promise<number> {
  return (await onServer<{ ms: number }>(`SELECT (extract(epoch FROM now()) * 1000)::float8 AS ms`))[0]?.ms ?? 0;
}

async function planCutAt(console: ConsoleProcess, at: number): Promise<string> {
  const model = (await callApi<{ id: string; layerCount: number }[]>(console.url, "GET", "/models")).find((one) => one.id === served.modelId);
  const placement = [[0, at], [at, at + 5], [at + 5, model?.layerCount ?? 0]].map(([from, to], index) => ({ from, to, topologyNodeId: `tn_${index}` }));
  const plan = await callApi<{ id: string }>(console.url, "POST", "/plans", { modelId: served.modelId, topologyId: served.topologyId, placement });
  await until("the plan to be checked", async () => (await callApi<{ parity: { status: string } }>(console.url, "GET", `/plans/${plan.id}`)).parity.status === "equal");
  return plan.id;
}
