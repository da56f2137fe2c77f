"use client";
import { DEFAULT_SESSION } from "../../server/planner/default-session.ts";
import { modeText } from "../../server/planner/mode-text.ts";
import { modeOf, sameMode } from "../../server/planner/node-modes.ts";
import type { StageEstimate } from "../../server/planner/plan.ts";
import { stageComputeMs } from "../../server/planner/problem.ts";
import { ms, written } from "../format.ts";
import { setMode } from "./placement-edit.ts";
import { editPlacement, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** The mode of a stage of the draft, with what its layers take in each mode of the node; nothing where the node has one mode. */
export function StageMode({ stage, index }: { stage: StageEstimate; index: number }) {
  const store = useWorkbenchStore();
  const node = useWorkbench((state) => state.problem?.nodes.find((one) => one.topologyNodeId === stage.topologyNodeId));
  if (!node?.otherModes?.length) return null;
  const modes = [DEFAULT_SESSION, ...node.otherModes.map((mode) => mode.session)];
  const text = (session: (typeof modes)[number]) => {
    const times = modeOf(node, session);
    return times ? `${modeText(session)}: ${times.kind === "estimated" ? "est. " : ""}${written(ms(stageComputeMs(times, stage.from, stage.to)))}` : modeText(session);
  };
  return (
    <select aria-label={`Mode of stage ${index + 1}`} data-testid="stage-mode" className="field mb-1 h-6! py-0! text-xs" value={modes.findIndex((session) => sameMode(session, stage.session))}
      onChange={(event) => { const at = Number(event.target.value); editPlacement(store, (placement) => setMode(placement, index, at === 0 ? undefined : modes[at])); }}>
      {modes.map((session, at) => <option key={session.intraOpThreads} value={at}>{text(session)}</option>)}
    </select>
  );
}
