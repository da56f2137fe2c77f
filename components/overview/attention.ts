// Owns what the operator should look at, most urgent first, and where each leads. Pure: decided from a snapshot alone.
import type { LiveDeploymentSample, LiveLinkSample, LiveNodeSample } from "../../server/events/catalogue.ts";
import type { DeploymentRow, ModelRow, NodeRow } from "../api.ts";
import { digits, errorText, ms, percent, written } from "../format.ts";
import type { Tone } from "../ui/State.tsx";

export type AttentionDeployment = Pick<DeploymentRow, "id" | "name" | "status" | "statusReason" | "drift"> & {
  migration: Pick<NonNullable<DeploymentRow["migration"]>, "state" | "finishedAt" | "error"> | null;
  sample: Pick<LiveDeploymentSample, "errorsPerSecond" | "predictedLatencyMs"> | null;
  /** Medians of the last seconds without what a model's processor takes, as predictions are; oldest first, null where none passed. */
  pipelineMs: readonly (number | null)[];
};
export type AttentionNode = Pick<NodeRow, "id" | "name" | "status" | "cordoned" | "certificateExpiresAt" | "assignments"> & { memoryBytes: number | null; sample: LiveNodeSample["sample"] };
export type AttentionSnapshot = {
  nowMs: number;
  deployments: readonly AttentionDeployment[];
  nodes: readonly AttentionNode[];
  /** Key "fromNodeId>toNodeId". */
  links: Readonly<Record<string, Pick<LiveLinkSample, "error">>>;
  /** Null = not known yet. */
  models: readonly Pick<ModelRow, "id">[] | null;
};
/** `about` names the thing, so that a canvas can show its own and choose it. */
export type Attention = { key: string; tone: Tone; word: string; text: string; href: string; action: string; about: { deploymentId?: string; nodeId?: string; toNodeId?: string } };

/** A move that was turned back is worth saying for so long; then it is history. */
const ROLLED_BACK_FOR_MS = 30 * 60_000;
/** Of its prediction, over the last seconds: within it the cost model does what it is held to, with some load on top. */
const SLOW_FACTOR = 1.5;
const SLOW_OVER_SECONDS = 30;
const SLOW_LEAST_SECONDS = 10;
/** Agents renew a month's certificate long before this. */
const CERTIFICATE_WITHIN_MS = 3 * 86_400_000;
const MEMORY_RATIO = 0.95;
const URGENCY: Tone[] = ["bad", "warn", "busy", "idle", "ok"];

export function attentionOf(snapshot: AttentionSnapshot): Attention[] {
  const items = [...snapshot.deployments.flatMap((one) => ofDeployment(one, snapshot.nowMs)), ...snapshot.nodes.flatMap((one) => ofNode(one, snapshot.nowMs)), ...ofLinks(snapshot), ...nextStep(snapshot)];
  return items.sort((a, b) => URGENCY.indexOf(a.tone) - URGENCY.indexOf(b.tone));
}

function ofDeployment({ id, name, status, statusReason, drift, migration, sample, pipelineMs }: AttentionDeployment, nowMs: number): Attention[] {
  const items: Attention[] = [];
  const add = (tone: Tone, word: string, text: string, tab: string, action: string) => items.push({ key: `${id}-${word}`, tone, word, text: `${name}: ${text}`, href: `/deployments/${id}?tab=${tab}`, action, about: { deploymentId: id } });
  if (status === "failed") add("bad", "failed", statusReason || "it does not run.", "timeline", "see what happened");
  if (status === "degraded") add("warn", "degraded", statusReason || "part of it does not run.", "timeline", "see what happened");
  if (drift[0] !== undefined) add("warn", "drifted", `${drift[0]} Deploy the plan again.`, "adapt", "see its drift");
  if (status === "moving") add("busy", "moving", "it moves to a new plan and keeps serving.", "timeline", "follow it");
  if (migration?.state === "rolled-back" && migration.finishedAt !== null && nowMs - Date.parse(migration.finishedAt) < ROLLED_BACK_FOR_MS) add("warn", "rolled back", `the last move was turned back${migration.error ? `: ${migration.error.message}` : "."}`, "timeline", "see why");
  if (sample && sample.errorsPerSecond > 0) add("bad", "errors", `${digits(sample.errorsPerSecond)} requests fail each second.`, "trace&requests=failed", "see the failed ones");
  const medianMs = slowMedian(pipelineMs, sample?.predictedLatencyMs ?? null);
  if (medianMs !== null && sample?.predictedLatencyMs) add("warn", "slow", `p50 of its pipeline ${written(ms(medianMs))}, predicted ${written(ms(sample.predictedLatencyMs))} (${errorText(medianMs, sample.predictedLatencyMs)}).`, "charts", "see the charts");
  return items;
}

/** The median of the last seconds when it lies far over the prediction, else null. */
function slowMedian(pipelineMs: readonly (number | null)[], predictedMs: number | null): number | null {
  const known = pipelineMs.slice(-SLOW_OVER_SECONDS).filter((value): value is number => value !== null).sort((a, b) => a - b);
  if (predictedMs === null || known.length < SLOW_LEAST_SECONDS) return null;
  const median = known[Math.floor(known.length / 2)] as number;
  return median > SLOW_FACTOR * predictedMs ? median : null;
}

function ofNode({ id, name, status, certificateExpiresAt, assignments, memoryBytes, sample }: AttentionNode, nowMs: number): Attention[] {
  const items: Attention[] = [];
  const add = (tone: Tone, word: string, text: string, query: string, action: string) => items.push({ key: `${id}-${word}`, tone, word, text: `${name}: ${text}`, href: `/nodes/${id}${query}`, action, about: { nodeId: id } });
  if (status === "lost") add("bad", "lost", "nothing was heard of it. Its agent comes back by itself when the machine and its way here do.", "", "the node");
  if (status === "late") add("warn", "late", "its report is late.", "", "the node");
  const failed = assignments.find((one) => one.state === "failed");
  if (failed) add("bad", "stage failed", failed.error?.message ?? "a stage does not run.", "?tab=log&level=warn", "its log");
  const leftMs = Date.parse(certificateExpiresAt) - nowMs;
  if (leftMs < CERTIFICATE_WITHIN_MS) add("warn", "certificate", leftMs < 0 ? "its certificate has ended: join it again." : "its certificate ends soon and was not renewed.", "?tab=log&level=warn", "its log");
  if (sample && memoryBytes && sample.memoryUsedBytes > MEMORY_RATIO * memoryBytes) add("warn", "memory", `${written(percent(sample.memoryUsedBytes / memoryBytes))} of its memory is in use.`, "?tab=charts", "see the charts");
  return items;
}

/** Links between nodes that are both there: a lost node is said once, not for each of its links. */
function ofLinks({ links, nodes }: AttentionSnapshot): Attention[] {
  const online = new Map(nodes.filter((node) => node.status === "online").map((node) => [node.id, node.name]));
  return Object.entries(links).flatMap(([key, { error }]): Attention[] => {
    const [from = "", to = ""] = key.split(">");
    if (!error || !online.has(from) || !online.has(to)) return [];
    return [{ key: `${key}-link`, tone: "warn", word: "link", text: `${online.get(from)} does not reach ${online.get(to)}: ${error}`, href: `/nodes/${from}?tab=charts&link=${key}`, action: "the link", about: { nodeId: from, toNodeId: to } }];
  });
}

function nextStep({ models, nodes, deployments }: AttentionSnapshot): Attention[] {
  const next = (text: string, href: string, action: string): Attention[] => [{ key: "next", tone: "idle", word: "next", text, href, action, about: {} }];
  if (models !== null && models.length === 0) return next("Import a model to see where it can be cut.", "/models", "import");
  if (nodes.length === 0) return next("Add a node; until then, draw planned ones and see what they would do.", "/nodes/add", "add a node");
  return models !== null && deployments.length === 0 ? next("Place a model on the nodes and deploy it.", "/topologies", "open a topology") : [];
}

type Drawn = { nodes: readonly { id: string; nodeId: string | null }[]; links: readonly { id: string; fromId: string; toId: string; bidirectional: boolean }[] };

/** What concerns one deployment's canvas, each with the address that chooses the drawn thing there. */
export function attentionOnCanvas(items: readonly Attention[], deploymentId: string, document: Drawn): Attention[] {
  const drawn = (nodeId: string | undefined) => document.nodes.find((node) => nodeId !== undefined && node.nodeId === nodeId)?.id;
  return items.flatMap((item): Attention[] => {
    const { nodeId, toNodeId } = item.about;
    if (item.about.deploymentId === deploymentId) return [{ ...item, href: item.href.slice(item.href.indexOf("?")) }];
    const [from, to] = [drawn(nodeId), drawn(toNodeId)];
    if (from === undefined) return [];
    if (toNodeId === undefined) return [{ ...item, href: `?selected=${from}&tab=charts`, action: "show it" }];
    const link = document.links.find((one) => (one.fromId === from && one.toId === to) || (one.bidirectional && one.fromId === to && one.toId === from));
    return link ? [{ ...item, href: `?selected=${link.id}&tab=charts`, action: "show it" }] : [];
  });
}
