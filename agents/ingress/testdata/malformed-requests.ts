// Owns requests that are wrong somewhere, by seed: bodies over REST, messages over gRPC, and bytes that are not even those.
import { deflateSync, gzipSync } from "node:zlib";
import type { MadeRandom } from "./made-random.ts";

export type RestCase = { path: string; body: Buffer; headers: Record<string, string> };
const PATH = "/v2/models/tiny/infer";
const good = () => ({ id: "x", inputs: [{ name: "v0", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] as unknown[] }], outputs: [{ name: "v1" }] });

/** Values that stand where others are expected. */
const STRANGE: unknown[] = [null, true, -1, 0.5, 1e308, 2 ** 53, "", "\u0000", "v0", [], [[]], {}, { a: 1 }, [null], ["1", 2, 3, 4], [1, 2, 3], [-1, 4], [2 ** 31, 2 ** 31, 2 ** 31], "BYTES", "FP16", "BF16", Number.MAX_SAFE_INTEGER];

/** A valid request with one or two places made strange or taken out. */
function mutated(random: MadeRandom): Buffer {
  const root: Record<string, unknown> = good();
  for (let left = random.below(2); left >= 0; left--) {
    let at: Record<string, unknown> | unknown[] = root;
    for (let depth = random.below(4); depth >= 0; depth--) {
      const keys = Object.keys(at);
      if (keys.length === 0) break;
      const key = random.pick(keys) as never;
      const inner = at[key] as never;
      if (depth > 0 && typeof inner === "object" && inner !== null) { at = inner; continue; }
      if (random.below(4) === 0) delete at[key];
      // Of its own: the next place may lie in it.
      else (at as Record<string, unknown>)[key] = structuredClone(random.pick(STRANGE));
      break;
    }
  }
  return Buffer.from(JSON.stringify(root));
}

/** Of a model with a processor: elements whose lengths do not fit, in a shape that may not fit either. Elsewhere it is unknown. */
function bytesCase(random: MadeRandom): RestCase {
  const path = "/v2/models/tiny.process/infer";
  const length = Buffer.alloc(4);
  length.writeUInt32LE(random.pick([0, 1, 3, 200, 2 ** 31, 2 ** 32 - 1]));
  const data = random.pick([Buffer.concat([length, random.bytes(random.below(12))]), length.subarray(random.below(4)), random.bytes(random.below(30))]);
  const input = { name: random.pick(["INPUT", "INPUT", "v0"]), datatype: random.pick(["BYTES", "BYTES", "FP32", null]), shape: random.pick<unknown>([[1], [1], [2], [0], [1, 1], [2 ** 31], [2 ** 31, 2 ** 31], null]) };
  if (random.below(3) === 0) return { path, body: Buffer.from(JSON.stringify({ inputs: [{ ...input, data: random.pick(STRANGE) }] })), headers: {} };
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: random.pick<unknown>([data.length, data.length, data.length + 1, -1, 0.5, 2 ** 53, "4"]) } }] }));
  return { path, body: Buffer.concat([head, data]), headers: { "inference-header-content-length": String(head.length) } };
}

/** Places in shared memory that are none, and regions of objects that are not there. */
function sharedCase(random: MadeRandom): RestCase {
  const strange = () => random.pick<unknown>([...STRANGE, 0, 16, "r", undefined]);
  if (random.below(2) === 0) {
    const wish = { key: random.pick<unknown>(["/cutplane-none", "../none", "", "/", "/a/b", "/a\u0000", strange()]), offset: strange(), byte_size: strange() };
    return { path: `/v2/systemsharedmemory${random.pick(["/region/r", "/region/r", ""])}/register`, body: random.pick([Buffer.from(JSON.stringify(wish)), random.bytes(random.below(40)), Buffer.from(JSON.stringify(strange()) ?? "")]), headers: {} };
  }
  const parameters = { shared_memory_region: strange(), shared_memory_byte_size: strange(), shared_memory_offset: strange() };
  const { inputs: [input], outputs: [output] } = good();
  return { path: PATH, body: Buffer.from(JSON.stringify({ inputs: [{ ...input, data: random.pick([undefined, [1]]), parameters }], outputs: [{ ...output, parameters: { ...parameters, shared_memory_region: strange() } }] })), headers: {} };
}

export function restCase(random: MadeRandom): RestCase {
  const plain = (body: Buffer, headers: Record<string, string> = {}): RestCase => ({ path: PATH, body, headers });
  const json = Buffer.from(JSON.stringify(good()));
  const length = (value: string) => ({ "inference-header-content-length": value });
  const binary = Buffer.from(JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, 4], parameters: { binary_data_size: random.pick([16, 15, 0, -1, 2 ** 40, "16", null]) } }] }));
  switch (random.below(10)) {
    case 0: return plain(random.bytes(random.below(200)));
    case 1: return plain(json.subarray(0, random.below(json.length)));
    case 2: return plain(Buffer.concat([binary, random.bytes(random.below(40))]), length(random.pick([String(binary.length), String(binary.length + 1), "1", "-5", "1e3", "x", "99999999999"])));
    case 3: return plain(random.bytes(random.below(40)), length("0"));
    case 4: return plain(random.pick([gzipSync(json), deflateSync(json), json]).subarray(random.below(4)), { "content-encoding": random.pick(["gzip", "deflate", "br", "gzip, gzip", "__proto__"]) });
    case 5: return { path: random.pick(["/v2/models/%ff/infer", "/v2/models/tiny/versions/-1/infer", "/v2/models//infer", "/v2/models/tiny/infer/x", "/v2/repository/models/x/drop", "/v2/models/__proto__/infer", "/v2/models/tiny/process"]), body: json, headers: {} };
    case 6: { const flipped = Buffer.from(json); flipped[random.below(flipped.length)] = random.below(256); return plain(flipped); }
    case 7: return bytesCase(random);
    case 8: return sharedCase(random);
    default: return plain(mutated(random));
  }
}

/** What a socket is sent that is not HTTP, or ends in the middle of it. */
export function wireCase(random: MadeRandom): Buffer {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const post = `POST ${PATH} HTTP/1.1\r\nhost: x\r\n`;
  switch (random.below(6)) {
    case 0: return Buffer.concat([preface, random.bytes(1 + random.below(200))]);
    case 1: return Buffer.concat([preface, h2Frame(random.below(12), random.below(256), random.below(5), random.bytes(random.below(60)))]);
    case 2: return Buffer.from(`${post}content-length: ${random.pick(["-1", "x", "5, 6", "1e9"])}\r\n\r\n{}`);
    case 3: return Buffer.from(`${post}transfer-encoding: chunked\r\n\r\n${random.pick(["zz", "-1", "5"])}\r\n{}`);
    case 4: return preface.subarray(0, 1 + random.below(preface.length - 1));
    default: return random.bytes(1 + random.below(300));
  }
}

function h2Frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A serialized ModelInferRequest with bytes changed, cut off or made up. */
export function grpcCase(random: MadeRandom, valid: Buffer): Buffer {
  const bytes = Buffer.from(valid);
  switch (random.below(4)) {
    case 0: return random.bytes(random.below(120));
    case 1: return bytes.subarray(0, random.below(bytes.length));
    case 2: for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length)] = random.below(256); return bytes;
    default: { const at = random.below(bytes.length); return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(12)), bytes.subarray(at)]); }
  }
}
