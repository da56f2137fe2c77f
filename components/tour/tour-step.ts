// Owns what the first steps ask for next. Decided from what is, never from what was clicked: a step is done when its effect can be seen. Pure.

export const TOUR_STEPS = [
  { id: "serve", title: "See it serve" },
  { id: "place", title: "Move a layer in the draft" },
  { id: "confirm", title: "Move it for real" },
] as const;
export type TourStep = (typeof TOUR_STEPS)[number]["id"];

export type TourFacts = {
  deploymentName: string;
  /** Whether the deployment's own page is open. */
  isOpen: boolean;
  /** Null while no sample has come. */
  requestsPerSecond: number | null;
  /** Requests were seen here before. */
  hasSeenServing: boolean;
  /** The draft against what runs; `refusal` says why it could not run. */
  draft: { differs: boolean; refusal: string | null };
  /** The last move of the deployment, a running one included. */
  move: { state: string; finished: boolean; error: string | null } | null;
  revision: number;
  /** Revision that ran when the tour began: a later one was made by moving. */
  begunAtRevision: number;
};
export type TourAdvice = { at: TourStep | "done"; say: string };

/** The step that is to be done now and what to do; the first rule that fits. */
export function tourStep(facts: TourFacts): TourAdvice {
  const { deploymentName: name, move, draft } = facts;
  const hasMoved = facts.revision > facts.begunAtRevision;
  if (move && !move.finished && (hasMoved || facts.hasSeenServing)) return { at: "confirm", say: `It moves now: ${move.state}. Requests go on; every step is told on the canvas.` };
  if (hasMoved) return { at: "done", say: `Revision ${facts.revision} of ${name} serves what you placed. The timeline tells every step of the move.` };
  if (!facts.isOpen) return { at: facts.hasSeenServing ? "place" : "serve", say: facts.hasSeenServing ? `Go on in ${name}: your draft is where you left it.` : `${name} is a real model, cut over three nodes on this machine, that reads a picture again and again. Open it.` };
  if (!facts.hasSeenServing && !(facts.requestsPerSecond !== null && facts.requestsPerSecond > 0)) return { at: "serve", say: "Each card is a node with the segment it runs. The first figures come in a moment." };
  if (draft.refusal !== null) return { at: "place", say: `This draft would not run: ${draft.refusal} Ctrl Z takes the last step back.` };
  if (draft.differs) return { at: "confirm", say: "That is the draft; nothing runs differently yet. Press “Review and move…”, read what changes, and confirm." };
  if (move?.finished && move.error !== null) return { at: "place", say: `The last move did not take over: ${move.error} What ran before still serves. Place a layer again.` };
  return { at: "place", say: "Drag a segment to another node or its border in the spans, or choose layers and press M. Figures in italics are the prediction." };
}

/** How each step stands beside the advice. */
export const stepState = (step: TourStep, at: TourAdvice["at"]): "done" | "now" | "next" => {
  const [own, now] = [TOUR_STEPS.findIndex((one) => one.id === step), at === "done" ? TOUR_STEPS.length : TOUR_STEPS.findIndex((one) => one.id === at)];
  return own < now ? "done" : own === now ? "now" : "next";
};

/** The deployment the tour is about: the oldest one that is wanted to run, which on a demo fleet is the demo's. */
export function tourDeployment<T extends { createdAt: string; desired: string; currentRevision: unknown }>(deployments: readonly T[]): T | null {
  return [...deployments].filter((one) => one.desired === "running" && one.currentRevision !== null).sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))[0] ?? null;
}
