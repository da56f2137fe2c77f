// Owns the API's description of what an action would do.
import { z } from "zod";
import { moveWay } from "./deployment-schemas.ts";
import { estimate, origin, placement, planDiff } from "./plan-schemas.ts";

const reason = z.object({ message: z.string(), fix: z.string().nullable() });
const drawnNode = z.object({ id: z.string(), name: z.string() });

const previewShape = {
  possible: z.boolean(),
  reasons: z.array(reason).meta({ description: "Why not." }),
  effects: z.array(z.string()).meta({ description: "What will happen, in order." }),
  losses: z.array(z.string()).meta({ description: "What is gone for good, or for as long as it lasts." }),
  undo: z.string().nullable().meta({ description: "How to take it back; null = it can't be." }),
  typed: z.string().nullable().meta({ description: "What the console has a person type first." }),
};
export const actionPreview = z.object(previewShape).meta({ id: "ActionPreview" });

export const deploymentPreview = z
  .object({ ...previewShape, toRevision: z.number().nullable(), way: moveWay.nullable().meta({ description: "Of a roll back: how it would get there; null = not looked at." }), diff: planDiff.nullable(), nodes: z.array(drawnNode) })
  .meta({ id: "DeploymentPreview" });

const entryMove = z
  .object({ from: z.string().nullable(), node: drawnNode, to: z.string().nullable(), opens: z.boolean() })
  .meta({ description: "Requests enter at the node now, and at this one then: clients must use its address. `to` is null until that node has opened one; `opens` is false where it is open already." });

export const drainPreview = z
  .object({
    nodeId: z.string(),
    name: z.string(),
    cordoned: z.boolean(),
    possible: z.boolean(),
    deployments: z.array(z.object({ deploymentId: z.string(), name: z.string(), nodes: z.array(drawnNode), to: z.object({ placement, replicas: z.array(z.object({ placement })).optional(), droppedReplicas: z.number().optional().meta({ description: "Replicas that have nowhere to go and end." }), origin, estimate, diff: planDiff }).nullable(), entry: entryMove.nullable(), reasons: z.array(reason) })),
    stoppedHere: z.array(z.object({ deploymentId: z.string(), name: z.string() })).meta({ description: "Stopped ones whose last revision ran there." }),
  })
  .meta({ id: "DrainPreview" });
