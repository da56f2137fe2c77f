// Owns what cordoning, uncordoning and removing a node would do, in words. Pure.
import { type ActionPreview, countOf, refusedPreview } from "./action-preview.ts";

export const NODE_ACTIONS = ["cordon", "uncordon", "remove"] as const;
export type NodeAction = (typeof NODE_ACTIONS)[number];

export type NodeFacts = {
  name: string;
  cordoned: boolean;
  isDraining: boolean;
  online: boolean;
  heldSegments: number;
  /** Running deployments with a stage on it, or whose requests enter there. */
  usedBy: string[];
  /** Stopped ones that ran there last. */
  stoppedHere: string[];
  /** Drawings it stands in: those that follow the fleet lose it, in others no machine stands behind it any more. */
  drawings: { name: string; followsFleet: boolean }[];
};

export function previewNode(action: NodeAction, facts: NodeFacts): ActionPreview {
  switch (action) {
    case "cordon": return previewCordon(facts);
    case "uncordon": return previewUncordon(facts);
    case "remove": return previewRemove(facts);
  }
}

function previewCordon(facts: NodeFacts): ActionPreview {
  if (facts.cordoned) return refusedPreview(`${facts.name} is cordoned already.`, null);
  return {
    possible: true,
    reasons: [],
    effects: [`${facts.name} takes no new stages: no plan, move or drain puts layers on it.`, facts.heldSegments > 0 ? `Its ${countOf(facts.heldSegments, "segment")} and what enters there go on as they are.` : "Nothing runs on it now."],
    losses: [],
    undo: "Uncordon it.",
    typed: null,
  };
}

function previewUncordon(facts: NodeFacts): ActionPreview {
  if (!facts.cordoned) return refusedPreview(`${facts.name} is not cordoned.`, null);
  return { possible: true, reasons: [], effects: [`${facts.name} takes new stages again.`, ...(facts.isDraining ? ["The drain that is under way ends where it is."] : []), "Nothing moves to it by itself."], losses: [], undo: "Cordon it.", typed: null };
}

function previewRemove(facts: NodeFacts): ActionPreview {
  if (facts.usedBy.length > 0) return refusedPreview(`${facts.name} is in use by ${facts.usedBy.join(", ")}.`, `Drain ${facts.name}, or stop ${facts.usedBy.join(" and ")}.`);
  if (facts.isDraining) return refusedPreview(`${facts.name} is being drained.`, "Wait until that is done.");
  return {
    possible: true,
    reasons: [],
    effects: ["Its certificate opens nothing any more, at once.", "Its links and measuring tasks are forgotten.", facts.online ? "The agent on the machine stays until it is uninstalled there." : "It is not connected now; when it comes back, it is refused."],
    losses: [
      `${facts.name} and its place in the fleet: to come back it must join again with a new command.`,
      ...facts.drawings.map((drawing) => (drawing.followsFleet ? `Its card and links in the topology ${drawing.name}.` : `The node behind its card in the topology ${drawing.name}.`)),
      ...(facts.stoppedHere.length > 0 ? [`The last revision of ${facts.stoppedHere.join(", ")}, which ran there: a new plan is needed to start again.`] : []),
    ],
    undo: null,
    typed: facts.name,
  };
}
