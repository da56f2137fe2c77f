// Owns sending malformed requests to an ingress and telling what became of each: over REST, over gRPC, on gRPC streams among good ones, and as bare bytes.
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { Client, credentials } from "@grpc/grpc-js";
import { encoderOf } from "../grpc/inference-messages.ts";
import { MadeRandom } from "./made-random.ts";
import { openSession } from "./grpc-wire.ts";
import { grpcCase, restCase, wireCase } from "./malformed-requests.ts";
import { onStream, streamCase } from "./malformed-streams.ts";

/** Outcomes that are right: an answer, where a change left the request valid, the sender's mistake, or that there is no room now. Of gRPC 3 is INVALID_ARGUMENT, 5 NOT_FOUND, 8 RESOURCE_EXHAUSTED. */
export const isRight = (outcome: string): boolean => /^(200|4\d\d|closed|goaway|grpc (0|3|5|8)|stream (ended|refused|cancelled))$/.test(outcome);

/** How many of each answer came: HTTP statuses, gRPC codes ("grpc 3"), what became of streams, "closed" and "goaway" for bare bytes. */
export type Tally = Record<string, number>;
const AT_ONCE = 16;
/** RFC 9113, 6.8. */
const GOAWAY = 7;
const SHARES = { rest: 0.45, grpc: 0.3, streams: 0.15 };

/** Rejects when one is not answered within `withinMs`. */
export async function sendMalformed(url: string, count: number, seed: number, withinMs = 20_000): Promise<Tally> {
  const random = new MadeRandom(seed);
  const tally: Tally = {};
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const client = new Client(new URL(url).host, credentials.createInsecure());
  const session = openSession(new URL(url).host);
  const encode = encoderOf("ModelInferRequest");
  const bytes = { model_name: "tiny.process", inputs: [{ name: "INPUT", datatype: "BYTES", shape: [1] }] };
  const messages: object[] = [
    { model_name: "tiny", inputs: [{ name: "v0", datatype: "FP32", shape: [1, 4], contents: { fp32_contents: [1, 2, 3, 4] } }] },
    { ...bytes, raw_input_contents: [Buffer.from("\u0005\0\0\0words")] },
    { ...bytes, inputs: [{ ...bytes.inputs[0], contents: { bytes_contents: [Buffer.from("words")] } }] },
    { model_name: "tiny", inputs: [{ name: "v0", datatype: "FP32", shape: [1, 4], parameters: { shared_memory_region: { string_param: "r" }, shared_memory_byte_size: { int64_param: 16 } } }] },
  ];
  const valid = messages.map(encode);
  const outcomes = await Promise.all(valid.map((message) => overGrpc(client, message)));
  const answered = messages[outcomes.indexOf("grpc 0")];
  if (!answered) throw new Error(`none of the good messages is answered: ${outcomes.join(", ")}`);
  const one = (index: number): Promise<string> => {
    const share = index / count;
    if (share < SHARES.rest) return overRest(url, agent, random);
    if (share < SHARES.rest + SHARES.grpc) return overGrpc(client, grpcCase(random, random.pick(valid)));
    if (share < SHARES.rest + SHARES.grpc + SHARES.streams) return onStream(session, streamCase(random, valid, (id) => encode({ ...answered, id })));
    return asBytes(url, wireCase(random));
  };
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < count; index += AT_ONCE) {
      const outcome = await within(one(index), withinMs, index);
      tally[outcome] = (tally[outcome] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, first) => lane(first)));
  } finally {
    agent.destroy();
    client.close();
    session.destroy();
  }
  return tally;
}

function within(outcome: Promise<string>, ms: number, index: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error(`request ${index} was not answered`)), ms); });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

function overRest(url: string, agent: Agent, random: MadeRandom): Promise<string> {
  const { path, body, headers } = restCase(random);
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method: "POST", agent, headers: { ...headers, "content-length": String(body.length) } }, (answer) => {
      answer.on("end", () => resolve(`${answer.statusCode}`)).resume();
    });
    asked.on("error", reject).end(body);
  });
}

function overGrpc(client: Client, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest("/inference.GRPCInferenceService/ModelInfer", () => bytes, (answer) => answer, {}, (error) => resolve(`grpc ${error?.code ?? 0}`));
  });
}

/** The sender ends its side. What is wrong ends with the connection or, over HTTP/2, with a GOAWAY frame, after which it is the sender's to close. */
function asBytes(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0);
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on("data", (part: Buffer) => { answer = Buffer.concat([answer, part]); if (hasGoAway(answer)) { resolve("goaway"); socket.destroy(); } });
    socket.on("error", () => undefined).on("close", () => resolve("closed"));
  });
}

function hasGoAway(frames: Buffer): boolean {
  for (let at = 0; at + 9 <= frames.length; at += 9 + frames.readUIntBE(at, 3)) if (frames[at + 3] === GOAWAY) return true;
  return false;
}
