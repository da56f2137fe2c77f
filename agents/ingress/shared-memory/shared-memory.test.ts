// Who may use this machine's shared memory through an ingress, and what becomes of regions under requests. Real processes, real objects of /dev/shm.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { LIMITS, sendRoute } from "../../stage/testdata/test-pipeline.ts";
import { observedOf } from "../../stage/testdata/test-nodes.ts";
import { grpcStub, type Stub } from "../testdata/grpc-stub.ts";
import { floats, ROUTE, type ServedModel, serveModel, WIDTH } from "../testdata/served-model.ts";
import { grpcShm, restShm, type ShmClient, type ShmError } from "../testdata/shm-clients.ts";
import { ShmObjects } from "../testdata/shm-objects.ts";
import { LocalClients, PASSED_ON_HEADERS } from "./local-clients.ts";

const [A, B] = ["cpk_a", "cpk_b"];
const keyHashes = [A, B].map((key) => createHash("sha256").update(key).digest("hex"));
const BYTES = WIDTH * 4;
const objects = new ShmObjects();
let served: ServedModel;
let port = "";
let stub: Stub;
beforeAll(async () => {
  served = await serveModel({ host: "0.0.0.0", route: { keyHashes } });
  port = new URL(served.url).port;
  stub = grpcStub(`127.0.0.1:${port}`);
}, 180_000);
afterEach(async () => {
  for (const key of [A, B]) await rest(key).unregister();
  objects.close();
  expect(objects.left()).toEqual([]);
});
afterAll(async () => { stub?.close(); await served?.fleet.close(); });

const onLinux = test.runIf(process.platform === "linux");
const rest = (key: string, headers: Record<string, string> = {}, host = "127.0.0.1"): ShmClient => restShm(`http://${host}:${port}`, { authorization: `Bearer ${key}`, ...headers });
const grpc = (key: string, metadata: Record<string, string> = {}): ShmClient => grpcShm(stub, { authorization: `Bearer ${key}`, ...metadata });
const both = (key: string) => [rest(key), grpc(key)];
const codeOf = (asked: Promise<unknown>) => asked.then(() => null, ({ code, message }: ShmError) => [code, message]);
const input = (region = "r") => [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], place: { region, byteSize: BYTES } }];
const plain = [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], raw: floats(1, 2, 3, 4) }];
const answerOf = async (client: ShmClient, region?: string) => (await client.infer("tiny", region === undefined ? plain : input(region), [{ name: "v1" }]))[0]!.raw!;

onLinux("a key's regions are its own: another key of the same deployment neither sees, uses nor removes them", async () => {
  const object = objects.create(floats(1, 2, 3, 4));
  for (const [mine, theirs] of [[rest(A), rest(B)], [grpc(A), grpc(B)]] as const) {
    await mine.register("r", object.key, BYTES);
    expect(await theirs.status()).toEqual([]);
    expect(await codeOf(theirs.infer("tiny", input()))).toEqual([expect.any(Number), "Unable to find shared memory region: 'r'"]);
    await theirs.unregister();
    await theirs.unregister("r");
    expect(await mine.status()).toHaveLength(1);
    expect(await answerOf(mine, "r")).toEqual(await answerOf(mine));
    await mine.unregister();
  }
});

onLinux("without a key of this ingress nothing is registered, told or removed", async () => {
  for (const client of both("cpk_wrong")) {
    const codes = await Promise.all([client.register("r", "/r", 8), client.status(), client.unregister()].map(codeOf));
    expect(codes.map((one) => one?.[0])).toEqual(Array(3).fill(client.kind === "REST" ? 401 : 16));
  }
});

onLinux("a request that was passed on, or came over another address than loopback, is refused; it has no regions to tell or to remove", async () => {
  const { key } = objects.create(BYTES);
  await rest(A).register("r", key, BYTES);
  const outside = Object.values(networkInterfaces()).flat().find((one) => one && !one.internal && one.family === "IPv4")?.address;
  const strangers = [...PASSED_ON_HEADERS.flatMap((name) => [rest(A, { [name]: "for=10.0.0.7" }), grpc(A, { [name]: "10.0.0.7" })]), ...(outside === undefined ? [] : [rest(A, {}, outside)])];
  for (const client of strangers) {
    const refused = [client.kind === "REST" ? 403 : 7, expect.stringMatching(/^shared memory is for clients of this machine that ask over its loopback address/)];
    expect(await codeOf(client.register("s", key, BYTES))).toEqual(refused);
    expect(await codeOf(client.infer("tiny", input()))).toEqual(refused);
    expect(await client.status()).toEqual([]);
    await client.unregister();
    // Tensors in the request are anybody's.
    expect(await answerOf(client)).toHaveLength(BYTES);
  }
  expect(await rest(A).status()).toHaveLength(1);
});

/** Only the superuser can ask as another user. */
test.runIf(process.platform === "linux" && process.getuid?.() === 0 && existsSync("/usr/bin/curl"))("a user gets at objects of its own alone, though the ingress may open others', and at none of another user's regions, with the same key", async () => {
  const OTHER = 54_321;
  const asOther = async (path: string, body?: object) => {
    const data = body ? ["--data", JSON.stringify(body)] : [];
    const { stdout } = await promisify(execFile)("/usr/bin/curl", ["-sS", "-H", `Authorization: Bearer ${A}`, ...data, `http://127.0.0.1:${port}/v2/${path}`], { uid: OTHER, gid: OTHER });
    return JSON.parse(stdout) as { error?: string };
  };
  const [ours, theirs] = [objects.create(BYTES), objects.create(floats(1, 2, 3, 4))];
  chownSync(theirs.path, OTHER, OTHER);
  await rest(A).register("r", ours.key, BYTES);
  const register = (key: string) => asOther("systemsharedmemory/region/r/register", { key, offset: 0, byte_size: BYTES });
  expect(await register(ours.key)).toMatchObject({ error: `Unable to open shared memory region: '${ours.key}': it belongs to another user than the client's` });
  expect(await asOther("systemsharedmemory/status")).toEqual([]);
  expect(await register(theirs.key)).toEqual({});
  expect(await asOther("models/tiny/infer", { inputs: [{ ...input()[0], place: undefined, parameters: { shared_memory_region: "r", shared_memory_byte_size: BYTES } }] })).toMatchObject({ model_name: "tiny" });
  // Ours cannot name theirs either.
  expect(await codeOf(rest(A).register("s", theirs.key, BYTES))).toEqual([400, expect.stringMatching(/belongs to another user/)]);
  expect(await asOther("systemsharedmemory/unregister", {})).toEqual({});
  expect((await rest(A).status()).map(({ key }) => key)).toEqual([ours.key]);
});

onLinux("switched off it is not among the extensions; registering and using it is refused in words that say how it is switched on", async () => {
  const ingress = await served.fleet.ingress(await served.fleet.node("nod_off"), { sharedMemory: false });
  sendRoute(ingress, [], { ...ROUTE });
  await ingress.until("route", (child) => observedOf(child).length === 1);
  const { url } = ingress.last("listening")!;
  const other = grpcStub(new URL(url).host);
  for (const client of [restShm(url), grpcShm(other)]) {
    expect(await client.extensions()).not.toContain("system_shared_memory");
    await client.unregister();
    expect(await client.status()).toEqual([]);
    expect(await codeOf(client.register("r", "/r", 8))).toEqual([client.kind === "REST" ? 501 : 12, expect.stringMatching(/^Client shared memory is disabled: .* --shared-memory off/)]);
  }
  other.close();
});

onLinux("an object that is cut, replaced or unlinked: a region is the object that had the key when it was registered", async () => {
  const object = objects.create(floats(1, 2, 3, 4));
  for (const client of both(A)) {
    await client.register("r", object.key, BYTES);
    const first = await answerOf(client, "r");
    object.replace(floats(9, 9, 9, 9));
    expect(await answerOf(client, "r")).toEqual(first);
    await client.unregister("r");
    await client.register("r", object.key, BYTES);
    expect(await answerOf(client, "r")).not.toEqual(first);
    object.truncate(BYTES - 1);
    expect(await codeOf(client.infer("tiny", input()))).toEqual([client.kind === "REST" ? 400 : 3, expect.stringMatching(/^shared memory region 'r' is 16 bytes from 0, and its object .* has been cut to 15/)]);
    expect(await codeOf(client.infer("tiny", plain, [{ name: "v1", place: { region: "r", byteSize: BYTES } }]))).toEqual([expect.any(Number), expect.stringMatching(/has been cut to 15/)]);
    await client.unregister();
    object.replace(floats(1, 2, 3, 4));
  }
  expect(served.ingress.exited).toBe(false);
});

onLinux("unregistered under a request, a region serves it to its end, and is closed then", async () => {
  const stage = served.pipeline.stages[0]!.child.process;
  const inFlight = () => observedOf(served.ingress)[0]!.pipelines[0]!.inFlight;
  for (const client of both(A)) {
    const expected = await answerOf(client);
    const [source, target] = [objects.create(floats(1, 2, 3, 4)), objects.create(BYTES)];
    await client.register("i", source.key, BYTES);
    await client.register("o", target.key, BYTES);
    await served.ingress.until("idle", () => inFlight() === 0);
    stage.kill("SIGSTOP");
    try {
      const asked = client.infer("tiny", input("i"), [{ name: "v1", place: { region: "o", byteSize: BYTES } }]);
      await served.ingress.until("under way", () => inFlight() === 1);
      await client.unregister();
      expect(await client.status()).toEqual([]);
      expect(objects.openIn(served.ingress.process.pid!)).not.toEqual([]);
      stage.kill("SIGCONT");
      expect(await asked).toMatchObject([{ name: "v1", raw: null }]);
    } finally {
      stage.kill("SIGCONT");
    }
    expect(target.read(0, BYTES)).toEqual(expected);
    await expect.poll(() => objects.openIn(served.ingress.process.pid!)).toEqual([]);
  }
});

onLinux("inputs in shared memory are held to the limit of a body, whatever their regions hold", async () => {
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyHashes, limits: { ...LIMITS, maxRequestBytes: 1024 } });
  const { key } = objects.create(4096);
  for (const client of both(A)) {
    await client.register("r", key, 4096);
    const large = [{ name: "v0", datatype: "FP32", shape: [65, WIDTH], place: { region: "r", byteSize: 65 * BYTES } }];
    await expect.poll(() => codeOf(client.infer("tiny", large)), { timeout: 15_000 }).toEqual([client.kind === "REST" ? 413 : 8, "a request may have at most 1024 bytes, its inputs in shared memory have 1040"]);
    await client.unregister();
  }
});

test("whose process is at the other end is looked up once for a connection, and asked again while nobody was found", async () => {
  let reads = 0;
  let table = "";
  const clients = new LocalClients(async () => { reads++; return table; });
  const connection = { remoteAddress: "127.0.0.1", remotePort: 0xabcd, localAddress: "127.0.0.1", localPort: 8000 };
  await expect(clients.uidOf({ connection, passedOn: false })).rejects.toThrow(/cannot be told/);
  table = "1: 0100007F:ABCD 0100007F:1F40 01 0:0 0:0 0  1234 0 5150\n";
  const before = reads;
  expect(await Promise.all([clients.uidOf({ connection, passedOn: false }), clients.uidOf({ connection, passedOn: false })])).toEqual([1234, 1234]);
  expect(reads).toBe(before + 1);
  await expect(clients.uidOf({ connection: { ...connection, remoteAddress: "10.0.0.7" }, passedOn: false })).rejects.toThrow(/this request came from 10.0.0.7/);
  await expect(clients.uidOf({ connection: {}, passedOn: false })).rejects.toThrow(/an unknown address/);
});
