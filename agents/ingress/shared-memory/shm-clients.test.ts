// The stock examples simple_http_shm_client and simple_grpc_shm_client and perf_analyzer's --shared-memory=system, in the order of their calls (Triton's client
// repository: src/python/examples; src/c++/perf_analyzer), over both protocols and real objects of /dev/shm.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { grpcStub, type StreamedAnswer, type Stub } from "../testdata/grpc-stub.ts";
import { grpcShm, restShm, type ShmClient, type ShmError, shmMessage } from "../testdata/shm-clients.ts";
import { ShmObjects } from "../testdata/shm-objects.ts";
import { INPUT0, int32, int32Of, serveSimpleModels, type SimpleModels, sumsOf } from "../testdata/simple-models.ts";

let served: SimpleModels;
let stub: Stub;
let clients: ShmClient[];
const objects = new ShmObjects();
beforeAll(async () => {
  served = await serveSimpleModels();
  stub = grpcStub(served.host);
  clients = [restShm(served.url), grpcShm(stub)];
}, 180_000);
afterEach(async () => {
  await clients[0]!.unregister();
  objects.close();
  expect(objects.left()).toEqual([]);
});
afterAll(async () => { stub?.close(); await served?.fleet.close(); });

const BYTES = 64;
const ONES = Array<number>(16).fill(1);
const SUMS = INPUT0.map((value) => value + 1);
const DIFFERENCES = INPUT0.map((value) => value - 1);
const place = (region: string, byteSize = BYTES, offset?: number) => ({ region, byteSize, ...(offset === undefined ? {} : { offset }) });
const pair = (shape = [1, 16]) => [{ name: "INPUT0", datatype: "INT32", shape, place: place("input_data") }, { name: "INPUT1", datatype: "INT32", shape, place: place("input_data", BYTES, BYTES) }];
const wished = [{ name: "OUTPUT0", place: place("output_data") }, { name: "OUTPUT1", place: place("output_data", BYTES, BYTES) }];

test.runIf(process.platform === "linux").each([0, 1])("simple_*_shm_client: register, infer, read, status, unregister (client %d)", async (which) => {
  const client = clients[which]!;
  expect(await client.extensions()).toContain("system_shared_memory");
  // The example begins so to be sure.
  await client.unregister();
  const output = objects.create(2 * BYTES);
  await client.register("output_data", output.key, 2 * BYTES);
  const input = objects.create(2 * BYTES);
  input.write(int32(INPUT0));
  input.write(int32(ONES), BYTES);
  await client.register("input_data", input.key, 2 * BYTES);
  const answer = await client.infer("simple", pair(), wished);
  expect(answer).toEqual([
    { name: "OUTPUT0", datatype: "INT32", shape: [1, 16], raw: null, parameters: { shared_memory_region: "output_data", shared_memory_byte_size: BYTES } },
    { name: "OUTPUT1", datatype: "INT32", shape: [1, 16], raw: null, parameters: { shared_memory_region: "output_data", shared_memory_byte_size: BYTES, shared_memory_offset: BYTES } },
  ]);
  expect([int32Of(output.read(0, BYTES)), int32Of(output.read(BYTES, BYTES))]).toEqual([SUMS, DIFFERENCES]);
  const regions = [{ name: "output_data", key: output.key, offset: 0, byte_size: 2 * BYTES }, { name: "input_data", key: input.key, offset: 0, byte_size: 2 * BYTES }];
  expect(await client.status()).toEqual(expect.arrayContaining(regions));
  expect(await client.status("input_data")).toEqual([regions[1]]);
  await client.unregister();
  expect(await client.status()).toEqual([]);
  await expect(client.infer("simple", pair(), wished)).rejects.toThrow("Unable to find shared memory region: 'input_data'");
});

test.runIf(process.platform === "linux").each([0, 1])("perf_analyzer --shared-memory=system: outputs in regions larger than they are, each input in one of its own, a batch of 8, again and again (client %d)", async (which) => {
  const client = clients[which]!;
  const BATCH = 8;
  const OUTPUT_BYTES = 102_400;
  await client.unregister();
  const outputs = await Promise.all(["OUTPUT0", "OUTPUT1"].map(async (name) => { const object = objects.create(OUTPUT_BYTES); await client.register(`${name}_0`, object.key, OUTPUT_BYTES); return object; }));
  const values = Array.from({ length: BATCH * 16 }, (_, index) => index);
  for (const name of ["INPUT0", "INPUT1"]) await client.register(`${name}_0_0`, objects.create(int32(values)).key, BATCH * BYTES);
  for (let turn = 0; turn < 10; turn++) {
    for (const object of outputs) object.write(Buffer.alloc(BATCH * BYTES, 0xff));
    const answer = await client.infer("simple", ["INPUT0", "INPUT1"].map((name) => ({ name, datatype: "INT32", shape: [BATCH, 16], place: place(`${name}_0_0`, BATCH * BYTES) })), ["OUTPUT0", "OUTPUT1"].map((name) => ({ name, place: place(`${name}_0`, OUTPUT_BYTES) })));
    expect(answer.map(({ shape, raw }) => [shape, raw])).toEqual([[[BATCH, 16], null], [[BATCH, 16], null]]);
    expect(outputs.map((object) => int32Of(object.read(0, BATCH * BYTES)))).toEqual([values.map((value) => 2 * value), values.map(() => 0)]);
  }
  await client.unregister();
});

test.runIf(process.platform === "linux").each([0, 1])("inputs and outputs in shared memory and in the request mix (client %d)", async (which) => {
  const client = clients[which]!;
  const input = objects.create(int32(ONES));
  const output = objects.create(BYTES);
  await client.register("i", input.key, BYTES);
  await client.register("o", output.key, BYTES);
  const raw = int32(INPUT0);
  const first = await client.infer("simple", [{ name: "INPUT0", datatype: "INT32", shape: [1, 16], raw }, { name: "INPUT1", datatype: "INT32", shape: [1, 16], place: place("i") }], [{ name: "OUTPUT0" }, { name: "OUTPUT1", place: place("o") }]);
  expect([int32Of(first[0]!.raw!), first[1]!.raw, int32Of(output.read(0, BYTES))]).toEqual([SUMS, null, DIFFERENCES]);
  // The one that is first in the request need not be the one whose bytes are in it.
  const second = await client.infer("simple", [{ name: "INPUT1", datatype: "INT32", shape: [1, 16], place: place("i") }, { name: "INPUT0", datatype: "INT32", shape: [1, 16], raw }], [{ name: "OUTPUT1", place: place("o") }, { name: "OUTPUT0" }]);
  expect([second[0]!.raw, int32Of(second[1]!.raw!)]).toEqual([null, SUMS]);
});

test.runIf(process.platform === "linux")("steps of a sequence on one stream keep their order, whether their numbers are in shared memory or in the message", async () => {
  const COUNT = 60;
  const values = Array.from({ length: COUNT }, (_, index) => index + 1);
  const object = objects.create(int32(values));
  await clients[1]!.register("steps", object.key, COUNT * 4);
  const answers: StreamedAnswer[] = [];
  const stream = stub.ModelStreamInfer();
  stream.on("data", (answer: StreamedAnswer) => answers.push(answer));
  for (const [index, value] of values.entries()) {
    const input = { name: "INPUT", datatype: "INT32", shape: [1, 1], ...(index % 3 === 1 ? { raw: int32([value]) } : { place: place("steps", 4, index * 4) }) };
    stream.write(shmMessage("simple_sequence", [input], [{ name: "OUTPUT" }], { sequence_id: 77, sequence_start: index === 0, sequence_end: index === COUNT - 1 }, String(index)));
  }
  stream.end();
  await new Promise((resolve) => stream.on("end", resolve));
  expect(answers.map(({ error_message }) => error_message).filter((error) => error !== "")).toEqual([]);
  expect(answers.map(({ infer_response: one }) => int32Of(one!.raw_output_contents[0]!)[0])).toEqual(sumsOf(values));
});

const input0 = (over: object) => [{ ...pair()[0]!, ...over }, pair()[1]!];
const output0 = (over: object) => [{ ...wished[0]!, ...over }];
/** Over REST, over gRPC. */
const [INVALID, NOT_FOUND] = [[400, 3], [404, 5]];
test.runIf(process.platform === "linux").each<[what: string, inputs: ReturnType<typeof pair>, outputs: object[], codes: number[], words: RegExp]>([
  ["an input of an unknown region", input0({ place: place("nobody") }) as never, wished, NOT_FOUND, /^Unable to find shared memory region: 'nobody'$/],
  ["an output of an unknown region", pair(), output0({ place: place("nobody") }), NOT_FOUND, /^Unable to find shared memory region: 'nobody'$/],
  ["an input of another size than its shape", input0({ place: place("input_data", 60) }) as never, wished, INVALID, /^input byte size mismatch for input 'INPUT0' for model 'simple'. Expected 64, got 60$/],
  ["an input that ends outside", input0({ place: place("input_data", 64, 65) }) as never, wished, INVALID, /^Invalid offset \+ byte size for shared memory region: 'input_data'$/],
  ["an input that begins outside", input0({ place: place("input_data", 64, 128) }) as never, wished, INVALID, /^Invalid offset for shared memory region: 'input_data'$/],
  ["an output that begins outside", pair(), output0({ place: place("output_data", 64, 1000) }), INVALID, /^Invalid offset for shared memory region: 'output_data'$/],
  ["an output without room for it", pair(), output0({ place: place("output_data", 63) }), INVALID, /^shared memory size specified with the request for output 'OUTPUT0' \(63 bytes\) should be at least 64 bytes to hold the results$/],
  ["an input without a size", input0({ place: { region: "input_data" } }) as never, wished, INVALID, /^'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor 'INPUT0'$/],
  ["an output without a region", pair(), output0({ place: { byteSize: 64 } }), INVALID, /^'shared_memory_byte_size' can not be specified without 'shared_memory_region' parameter for tensor 'OUTPUT0'$/],
  ["an offset as a text", input0({ place: { ...place("input_data"), offset: "0" } }) as never, wished, INVALID, /^invalid value type for 'shared_memory_offset' parameter for tensor 'INPUT0', expected (a number|int64_param)\.$/],
  ["a size below 0", input0({ place: place("input_data", -64) }) as never, wished, INVALID, /^'shared_memory_byte_size' is -64 for tensor 'INPUT0', not a number of bytes$/],
  ["classes of an output", pair(), output0({ classes: 2 }), INVALID, /^[Oo]utput can't set both 'shared_memory_region' and 'classification'$/],
  ["an output twice", pair(), [wished[0]!, wished[0]!], INVALID, /^output "OUTPUT0" is wished twice$/],
  ["a type the model does not take", input0({ datatype: "FP32" }) as never, wished, INVALID, /^input "INPUT0" is FP32, the model takes INT32$/],
])("%s is refused as the sender's mistake, in Triton's words, over both protocols", async (_what, inputs, outputs, codes, words) => {
  const input = objects.create(2 * BYTES);
  const output = objects.create(2 * BYTES);
  await clients[0]!.register("input_data", input.key, 2 * BYTES);
  // One machine, one user, one key: what is registered over one protocol is there over the other.
  await clients[1]!.register("output_data", output.key, 2 * BYTES);
  for (const [which, client] of clients.entries()) {
    const error = await client.infer("simple", inputs, outputs as never).then(() => null, (thrown: unknown) => thrown as ShmError);
    expect([error?.code, error?.message], client.kind).toEqual([codes[which], expect.stringMatching(words)]);
  }
  expect(output.read(0, 2 * BYTES).every((byte) => byte === 0)).toBe(true);
});

test.runIf(process.platform === "linux")("bytes beside a place are refused; so are a name that is taken and an object that is not there", async () => {
  const { key } = objects.create(BYTES);
  for (const [which, client] of clients.entries()) {
    await client.register("r", key, BYTES);
    const codeOf = (asked: Promise<unknown>) => asked.then(() => null, ({ code, message }: ShmError) => [code, message]);
    expect(await codeOf(client.register("r", key, BYTES))).toEqual([[400, 6][which], "shared memory region 'r' already in manager"]);
    expect(await codeOf(client.register("s", `${key}-not`, BYTES))).toEqual([[400, 3][which], `Unable to open shared memory region: '${key}-not': ENOENT`]);
    expect(await codeOf(client.register("s", key, BYTES + 1))).toEqual([[400, 3][which], expect.stringMatching(/^failed to register shared memory region 's': invalid args/)]);
    expect(await codeOf(client.status("s"))).toEqual([[404, 5][which], "Unable to find system shared memory region: 's'"]);
    const both = { name: "INPUT0", datatype: "INT32", shape: [1, 16], place: place("r"), raw: int32(INPUT0) };
    const words = which === 0 ? /^Input must set only one of the following fields: .* But set 'binary_data_size' 'shared_memory_region'$/ : /^raw_input_contents has 1 tensors, inputs 0 beside those in shared memory/;
    expect(await codeOf(client.infer("simple", [both]))).toEqual([[400, 3][which], expect.stringMatching(words)]);
    await client.unregister("r");
  }
});
