// A deployment's processor over gRPC: what is sent, what comes back, what is said where there is none.
import { afterEach, expect, test } from "vitest";
import { decoderOf } from "../../../agents/ingress/grpc/inference-messages.ts";
import { makeGrader } from "../make-grader.ts";
import { openTarget } from "../open-target.ts";
import { parseOptions } from "../parse-options.ts";
import { type LoadPlan, runLoad } from "../run-load.ts";
import { type GrpcAct, type GrpcTestServer, refuse, reply, startGrpcServer } from "../testdata/grpc-server.ts";
import type { RawSample } from "./process-target.ts";
import { tensorBytes } from "./tensor-bytes.ts";

const servers: GrpcTestServer[] = [];
afterEach(async () => { await Promise.all(servers.splice(0).map((server) => server.close())); });

const PROCESSOR = reply("ModelMetadataResponse", { name: "m.process", inputs: [{ name: "INPUT", datatype: "BYTES", shape: [1] }], outputs: [{ name: "ANSWER", datatype: "BYTES", shape: [1] }, { name: "TEXT", datatype: "BYTES", shape: [1] }] });
const answering = (json: string) => reply("ModelInferResponse", { outputs: [{ name: "ANSWER", datatype: "BYTES", shape: [1] }], raw_output_contents: [tensorBytes({ name: "ANSWER", datatype: "BYTES", shape: [1] }, [json])] });
const samples: RawSample[] = [{ bytes: Buffer.from("one"), contentType: "text/plain", label: "ONE" }, { bytes: Buffer.from([0x89, 0xff, 0]), contentType: "image/png", label: "TWO" }, { bytes: Buffer.from("ä"), contentType: "text/plain", label: "Ä" }];

async function run(infer: GrpcAct, metadata: GrpcAct = PROCESSOR) {
  let asked = 0;
  // It is still being loaded when it is asked first.
  const ready: GrpcAct = (...told) => reply("ModelReadyResponse", { ready: asked++ > 0 })(...told);
  const server = await startGrpcServer({ ModelMetadata: metadata, ModelReady: ready, ModelInfer: infer });
  servers.push(server);
  const { target: where, plan } = parseOptions(["--scenario", "Offline", "--qps", "1", "--mode", "accuracy", "--target", server.url, "--model", "m", "--api", "process", "--data", "list.jsonl"], undefined);
  const grader = makeGrader(where, samples);
  const target = await openTarget(where, { data: null, raw: samples });
  try {
    return await runLoad(plan as LoadPlan, target, { grader });
  } finally {
    target.close();
  }
}

test("a sample is one BYTES element of NAME.process, and what is answered is graded and logged as over HTTP", async () => {
  const asked: Record<string, unknown>[] = [];
  const { report, last } = await run((stream, message, headers) => {
    const request = decoderOf("ModelInferRequest")(message) as Record<string, unknown>;
    asked.push(request);
    const [bytes] = request.raw_input_contents as Buffer[];
    answering(JSON.stringify({ text: bytes!.subarray(4).toString().toUpperCase() }))(stream, message, headers);
  });
  expect(asked.map(({ model_name: name }) => name)).toEqual(["m.process", "m.process", "m.process"]);
  expect(asked[0]).toMatchObject({ inputs: [{ name: "INPUT", datatype: "BYTES" }], outputs: [{ name: "ANSWER" }] });
  const sent = asked.map(({ raw_input_contents: raw }) => (raw as Buffer[])[0]!.toString("hex")).sort();
  expect(sent).toEqual(samples.map(({ bytes }) => Buffer.concat([Buffer.from([bytes.length, 0, 0, 0]), bytes]).toString("hex")).sort());
  expect(report.accuracy).toMatchObject({ asked: 3, correct: 2, graded: { rule: "text", outcomes: "rwr" } });
  expect(last.answers.map(({ data }) => Buffer.from(data).toString())).toContain('{"text":"Ä"}');
});

test("a refusal is told apart, and an answer that is empty is none", async () => {
  let count = 0;
  const { report } = await run((...told) => (count++ === 0 ? refuse(8, "too many") : reply("ModelInferResponse", { outputs: [{ name: "ANSWER", datatype: "BYTES", shape: [1] }], raw_output_contents: [Buffer.alloc(0)] }))(...told));
  expect(report.accuracy?.graded).toMatchObject({ failedCount: 3, refusedCount: 1 });
  expect(report.accuracy?.graded?.wrong.map(({ why }) => why).sort()).toEqual(["RESOURCE_EXHAUSTED: too many", 'the answer\'s "ANSWER" is empty', 'the answer\'s "ANSWER" is empty']);
});

test("a model without a processor, or something else by that name, is refused before a sample is sent", async () => {
  const never: GrpcAct = () => { throw new Error("a sample was sent"); };
  await expect(run(never, refuse(5, "Request for unknown model: 'm.process' is not found"))).rejects.toThrow(/^A text, a picture or a sound is for a model with a processor, which Cutplane serves as "m\.process": grpc:\S+ answers ModelMetadata with NOT_FOUND/);
  await expect(run(never, reply("ModelMetadataResponse", { name: "m.process", outputs: [{ name: "y", datatype: "FP32", shape: [1] }] }))).rejects.toThrow(/has a model "m\.process" that answers no "ANSWER": it is no processor/);
});
