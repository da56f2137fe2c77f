// Owns getting at what a load run is of: the deployment's ingress, a rig with the whole model on one node, or an address that somebody named.
import type { KeptTarget, UrlTarget } from "../loadgen/method/load-target.ts";
import type { StoredDeployment } from "../store/deployments.ts";
import { findModel } from "../store/models.ts";
import { othersPerSecond } from "./analyze/list-besides.ts";
import { planOnNode } from "./analyze/plan-on-node.ts";
import { putUpRig, takeDownRig } from "./analyze/rig.ts";
import { revokeCredential } from "./create-credential.ts";
import type { Actor, Deps } from "./deps.ts";
import type { IngressTarget } from "./find-ingress.ts";
import { findOrThrow } from "./find-or-throw.ts";
import type { NodeTarget } from "./list-load-targets.ts";
import { openIngress } from "./open-ingress.ts";
import type { OperationContext } from "./run-operation.ts";
import { sampleShapes } from "./sample-shapes.ts";

/** Checked, not yet opened. */
export type AskedTarget = { kind: "deployment"; ingress: IngressTarget } | { kind: "node"; node: NodeTarget } | { kind: "url"; target: UrlTarget; key: string | null };
export type OpenTarget = {
  /** Options of the load generator. */
  options: string[];
  /** A secret. */
  key: string | null;
  place: string;
  /** What to do where nothing could be measured. */
  fix: string;
  /** Called while it is measured. */
  look(): void;
  /** What is kept of it. */
  kept(): KeptTarget;
  /** May be called after a cancel. */
  close(): Promise<void>;
};

type Opening = { deployment: StoredDeployment; actor: Actor; context: OperationContext; /** Its samples are given: none are made up. */ hasData: boolean };

/** The caller closes it. @throws AppError infeasible, unavailable; what the signal says */
export function openLoadTarget(deps: Deps, asked: AskedTarget, opening: Opening): Promise<OpenTarget> {
  if (asked.kind === "url") return openUrl(deps, asked, opening);
  return asked.kind === "node" ? openNode(deps, asked.node, opening) : openDeployment(deps, asked.ingress, opening);
}

async function openDeployment(deps: Deps, ingress: IngressTarget, { deployment, context, hasData }: Opening): Promise<OpenTarget> {
  const shapes = hasData ? [] : await sampleShapes(deps, deployment.modelId, context.signal);
  const key = await openIngress(deps, ingress, "load run");
  return {
    options: ["--target", ingress.url, "--model", ingress.modelName, ...shapes], key: key?.token ?? null, place: ingress.url, fix: "Send one request with the Try it tab: it says what is wrong.",
    look() {}, kept: () => ({ kind: "deployment" }),
    async close() { if (key) await revokeCredential(deps, key.id, { keepOneAdmin: false, actor: "control" }); },
  };
}

async function openNode(deps: Deps, { nodeId, name, topologyNodeId }: NodeTarget, { deployment, actor, context, hasData }: Opening): Promise<OpenTarget> {
  const { id: deploymentId, modelId, topologyId, settings } = deployment;
  const { signal, operationId } = context;
  const model = await findOrThrow(findModel(deps.db, modelId), "model", modelId);
  const shapes = hasData ? [] : await sampleShapes(deps, modelId, signal);
  context.progress({ step: "preparing", detail: `the whole model on ${name}` });
  const plan = await planOnNode(deps, { modelId, topologyId, topologyNodeId, layerCount: model.facts.layers.length, actor, signal });
  context.progress({ step: "deploying", detail: `the whole model on ${name}` });
  // Entered there too: no other node is on a request's way. Joined, limited and run as the deployment it is compared with.
  const rig = await putUpRig(deps, { rigOf: operationId, number: 1, planId: plan.id, like: { ...settings, ingressNodeIds: [nodeId] }, batching: settings.batching ?? null, maxInFlight: 1, actor, signal });
  const others: number[] = [];
  deps.log.info({ operationId, deploymentId, rig: rig.deploymentId, nodeId }, "a node is measured by itself");
  return {
    options: ["--target", rig.ingress.url, "--model", rig.ingress.modelName, ...shapes], key: rig.key?.token ?? null, place: rig.ingress.url, fix: `Look at ${name}: its log says what is wrong.`,
    look() { others.push(othersPerSecond(deps, rig.deploymentId)); },
    kept: () => ({ kind: "node", nodeId, nodeName: name, planId: plan.id, othersPerSecond: others.length === 0 ? 0 : others.reduce((sum, value) => sum + value, 0) / others.length }),
    async close() {
      // Cancelled, the loop of rigs does it: whoever cancelled shall not wait.
      if (signal.aborted) return deps.wake("a load run of a node was cancelled");
      context.progress({ step: "removing the rig", detail: name });
      await takeDownRig(deps, rig.deploymentId, signal);
    },
  };
}

async function openUrl(deps: Deps, { target, key }: Extract<AskedTarget, { kind: "url" }>, { deployment, actor, context, hasData }: Opening): Promise<OpenTarget> {
  const { url, api, model, shapes } = target;
  const given = shapes && Object.entries(shapes).flatMap(([name, sizes]) => [`--shape=${name}=${sizes.join(",")}`]);
  const options = api === "oip" && !hasData ? (given ?? (await sampleShapes(deps, deployment.modelId, context.signal))) : [];
  // Whose doing it is to call another system stays to be read, though nothing should come of it. Never the key.
  deps.log.info({ operationId: context.operationId, actor, url, api }, "another system is measured");
  return {
    options: ["--target", url, `--model=${model}`, "--api", api, "--no-link-local", ...options], key, place: url,
    fix: api !== "oip" ? "Look whether the address ends where OpenAI's does, in /v1, and whether the model and the key are the endpoint's." : hasData ? "Look whether the samples are what its model takes." : shapes ? "Give shapes of the inputs that the endpoint names." : "Its inputs are made up as large as this deployment's sample, if it has one: an endpoint with other inputs needs shapes of its own.",
    look() {}, kept: () => target, async close() {},
  };
}
