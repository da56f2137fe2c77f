// Owns streams of inferences with malformed frames among good ones, by seed, and what must become of each: every message before the first broken frame is
// answered in its turn, the good ones as ever, and the stream ends.
import type { ClientHttp2Session } from "node:http2";
import { readFrames, type StreamedAnswer } from "./grpc-stub.ts";
import { giveUp, openCall } from "./grpc-wire.ts";
import type { MadeRandom } from "./made-random.ts";
import { grpcCase } from "./malformed-requests.ts";

/** `goodIds`: of each message in its turn; null = what is answered is open. `isWhole`: its last frame, too. */
export type StreamCase = { chunks: Buffer[]; goodIds: (string | null)[]; isWhole: boolean; cancels: boolean; headers: Record<string, string> };

const MAX_FRAMES = 12;
/** Streams side by side may ask for more at once than the deployment takes. */
const NO_ROOM = /^\d+ requests are in flight/;

function frameOf(bytes: Buffer, flag = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

/** `valid`: messages that are changed. `good`: one that is answered, with this id. */
export function streamCase(random: MadeRandom, valid: Buffer[], good: (id: string) => Buffer): StreamCase {
  const frames: Buffer[] = [];
  const goodIds: (string | null)[] = [];
  for (let left = random.below(MAX_FRAMES); left >= 0; left--) {
    if (random.below(2) === 0) {
      const id = `good ${frames.length}`;
      frames.push(frameOf(good(id)));
      goodIds.push(id);
    } else {
      frames.push(frameOf(grpcCase(random, random.pick(valid))));
      goodIds.push(null);
    }
  }
  const isWhole = random.below(3) !== 0;
  if (!isWhole) frames.push(brokenFrame(random));
  return { chunks: inPieces(random, Buffer.concat(frames)), goodIds, isWhole, cancels: random.below(8) === 0, headers: random.below(4) === 0 ? { "grpc-encoding": random.pick(["gzip", "deflate", "zstd", "identity"]) } : {} };
}

/** Longer than anybody takes, packed in a way that it is not, cut off in its head or behind it. */
function brokenFrame(random: MadeRandom): Buffer {
  switch (random.below(4)) {
    case 0: return frameOf(random.bytes(random.below(40)), 0, random.pick([2 ** 31, 2 ** 32 - 1, 10 ** 9]));
    case 1: return frameOf(random.bytes(1 + random.below(40)), 1);
    case 2: return frameOf(random.bytes(20), 0, 21 + random.below(1000));
    default: return random.bytes(1 + random.below(4)).fill(0, 0, 1);
  }
}

/** As a network may deliver it. */
function inPieces(random: MadeRandom, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(random.pick([4, 40, 400]));
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** "stream ended" or, where a frame is broken, "stream refused"; "stream cancelled" by its sender. Anything else says what is wrong. */
export async function onStream(session: ClientHttp2Session, { chunks, goodIds, isWhole, cancels, headers }: StreamCase): Promise<string> {
  const call = openCall(session, "ModelStreamInfer", headers);
  for (const chunk of chunks) {
    if (call.stream.destroyed || call.stream.writableEnded) break;
    call.stream.write(chunk);
    if (chunk.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (cancels) {
    giveUp(call);
    await call.end;
    return "stream cancelled";
  }
  call.stream.end();
  const { code, body } = await call.end;
  giveUp(call);
  if (code === null) return "stream without a status";
  const answers = readFrames<StreamedAnswer>("ModelStreamInfer", body);
  if (isWhole && (code !== 0 || answers.length !== goodIds.length)) return `stream of ${goodIds.length} messages: code ${code}, ${answers.length} answers`;
  if (answers.length > goodIds.length + 1) return `stream of ${goodIds.length} messages and a broken one: ${answers.length} answers`;
  const astray = answers.findIndex(({ error_message: error, infer_response: one }, index) => goodIds[index] && (!(error === "" || NO_ROOM.test(error)) || one?.id !== goodIds[index]));
  if (astray >= 0) return `stream: good message ${astray} was answered ${JSON.stringify(answers[astray]!.error_message)}, ${answers[astray]!.infer_response?.id}`;
  // Some breaks are nothing to a reader: bytes that are not packed although they say so, a frame that never ends.
  return code === 0 ? "stream ended" : [3, 8, 12, 13].includes(code) ? "stream refused" : `stream ended with ${code}`;
}
