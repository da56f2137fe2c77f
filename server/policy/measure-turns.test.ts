import { expect, test } from "vitest";
import type { Hardware, MeasureTask, ObservedMeasure } from "../../agents/protocol/control.ts";
import { desiredOf } from "./desired.ts";
import { measureTurns, TURN_MS } from "./measure-turns.ts";
import type { MeasurementView, NodeView } from "./snapshot.ts";
import { deployment, node, revision, snapshot } from "./testdata/fleet.ts";

const on = (nodeId: string, hostname: string, machineId?: string, more: Partial<NodeView> = {}): NodeView =>
  node(nodeId, { hardware: { hostname, platform: "linux", arch: "x64", cpuModel: "cpu", cores: 1, memoryBytes: 1, memoryAvailableBytes: 1, diskFreeBytes: 1, providers: [], deviceClass: nodeId, nodeVersion: "", agentVersion: "", ortVersion: "", ...(machineId ? { machineId } : {}) } satisfies Hardware, ...more });
const task = (nodeId: string, whenIdle = false, number = 1): MeasurementView => ({ nodeId, task: { taskId: `mea_${nodeId}${number}`, modelId: "mdl_1", whenIdle } as MeasureTask });
const measure = (nodeId: string, state: ObservedMeasure["state"], message: string | null = null): ObservedMeasure => ({ taskId: `mea_${nodeId}1`, modelId: "mdl_1", state, message, result: null });
const told = (nodes: NodeView[], measurements: MeasurementView[], nowMs = 0) => measureTurns({ nowMs, nodes: new Map(nodes.map((one) => [one.nodeId, one])), measurements }).map((one) => one.task.taskId);

test("agents of one machine are told one after the other, machines beside each other", () => {
  const nodes = [on("a", "box"), on("b", "box"), on("c", "other")];
  const tasks = ["a", "b", "c"].map((id) => task(id));
  expect(told(nodes, tasks)).toEqual(["mea_a1", "mea_c1"]);
  expect(told(nodes, tasks, TURN_MS)).toEqual(["mea_b1", "mea_c1"]);
  // What its agent has done leaves room for the other.
  expect(told(nodes, tasks.slice(1))).toEqual(["mea_b1", "mea_c1"]);
});

test("who measures goes on, however long; all of its tasks are told, as an agent runs one after the other", () => {
  const nodes = [on("a", "box"), on("b", "box", undefined, { measures: [measure("b", "running")] })];
  const tasks = [task("a"), task("b"), task("b", true, 2)];
  for (const nowMs of [0, TURN_MS, 2 * TURN_MS]) expect(told(nodes, tasks, nowMs)).toEqual(["mea_b1", "mea_b2"]);
  expect(told([nodes[0]!, on("b", "box", undefined, { measures: [measure("b", "fetching")] })], tasks, 0)).toEqual(["mea_b1", "mea_b2"]);
  // What it tells of a task that is not asked for any more is of no account.
  expect(told([nodes[0]!, on("b", "box", undefined, { measures: [{ ...measure("b", "running"), taskId: "mea_old" }] })], tasks, 0)).toEqual(["mea_a1"]);
});

test("an agent that waits for quiet keeps nobody: what may begin at once goes first, and the turn goes round", () => {
  const waits = on("a", "box", undefined, { measures: [measure("a", "fetching", "waits until this node serves no request")] });
  expect(told([waits, on("b", "box")], [task("a", true), task("b")])).toEqual(["mea_b1"]);
  const both = [task("a", true), task("b", true)];
  expect([0, TURN_MS].map((nowMs) => told([waits, on("b", "box")], both, nowMs))).toEqual([["mea_a1"], ["mea_b1"]]);
  // A lost agent has no turn.
  expect(told([on("a", "box", undefined, { presence: "lost" }), on("b", "box")], both)).toEqual(["mea_b1"]);
});

test.each<[string, NodeView[], string[]]>([
  ["containers on one machine", [on("a", "one", "boot"), on("b", "two", "boot")], ["mea_a1"]],
  ["two machines of one name", [on("a", "pi", "boot-1"), on("b", "pi", "boot-2")], ["mea_a1", "mea_b1"]],
  ["an older agent beside one that tells the machine", [on("a", "box"), on("b", "box", "boot")], ["mea_a1"]],
  ["agents that have told nothing", [node("a"), node("b")], ["mea_a1", "mea_b1"]],
])("machines are known: %s", (_name, nodes, expected) => {
  expect(told(nodes, [task("a"), task("b")])).toEqual(expected);
});

test("documents have only the tasks whose turn it is", () => {
  const nodes = [on("a", "box"), on("b", "box")];
  const documents = desiredOf({ ...snapshot(deployment([revision(1, ["a", "b"])]), nodes, 0), measurements: [task("a"), task("b")] });
  expect(["a", "b"].map((id) => documents.get(id)?.measurements.length)).toEqual([1, 0]);
});
