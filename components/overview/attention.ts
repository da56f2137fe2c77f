// Owns what the overview asks the operator to look at, most urgent first. Pure.
import type { DeploymentRow, ModelRow, NodeRow } from "../api.ts";
import type { Tone } from "../ui/State.tsx";

export type Attention = { tone: Tone; word: string; text: string; href: string; action: string };
type Deployment = Pick<DeploymentRow, "id" | "name" | "status" | "statusReason">;
type Node = Pick<NodeRow, "name" | "status" | "cordoned">;

export function attentionOf(deployments: readonly Deployment[], nodes: readonly Node[], models: readonly Pick<ModelRow, "id">[] | null): Attention[] {
  const items: Attention[] = [];
  for (const one of deployments) {
    const link = { href: `/deployments/${one.id}`, action: "look" };
    if (one.status === "failed") items.push({ tone: "bad", word: "failed", text: `${one.name}: ${one.statusReason ?? "it does not run"}`, ...link });
    if (one.status === "degraded") items.push({ tone: "warn", word: "degraded", text: `${one.name}: ${one.statusReason ?? "part of it does not run"}`, ...link });
    if (one.status === "moving") items.push({ tone: "busy", word: "moving", text: `${one.name} is moving to a new plan and keeps serving.`, ...link });
  }
  for (const node of nodes) {
    if (node.status === "lost") items.push({ tone: "bad", word: "lost", text: `${node.name} has not been heard of. Its agent comes back by itself when the machine and its way here do.`, href: "/nodes", action: "nodes" });
    if (node.status === "late") items.push({ tone: "warn", word: "late", text: `${node.name} is late with its report.`, href: "/nodes", action: "nodes" });
  }
  if (models !== null && models.length === 0) items.push({ tone: "idle", word: "next", text: "Import a model to see where it can be cut.", href: "/models", action: "import" });
  else if (nodes.length === 0) items.push({ tone: "idle", word: "next", text: "Add a node; until then, draw planned ones and see what they would do.", href: "/nodes/add", action: "add a node" });
  else if (models !== null && deployments.length === 0) items.push({ tone: "idle", word: "next", text: "Place a model on the nodes and deploy it.", href: "/topologies", action: "open a topology" });
  const urgency: Tone[] = ["bad", "warn", "busy", "idle", "ok"];
  return items.sort((a, b) => urgency.indexOf(a.tone) - urgency.indexOf(b.tone));
}
