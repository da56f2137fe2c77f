"use client";
import { Square, WandSparkles } from "lucide-react";
import type { PlanObjective } from "../../server/planner/plan-request.ts";
import { editRequest, useRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { useAddressParam } from "../shell/use-address-param.ts";
import { Button } from "../ui/Button.tsx";
import { OBJECTIVES } from "./objective-words.ts";
import { setRequest } from "./request-edit.ts";
import { type PlanScope, startPlanning, stopPlanning, useFollowPlanning } from "./use-planning.ts";

/** Plans by what is asked for, and stops with the best so far. It waits for the drawing to be saved, because the server plans on what it has. */
export function PlanIt(scope: PlanScope) {
  const store = useWorkbenchStore();
  useFollowPlanning();
  const request = useRequest();
  const [, setTab] = useAddressParam("tab");
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const runs = useWorkbench((state) => state.planning.operationId !== null);
  const nodeCount = useWorkbench((state) => state.history.present.document.nodes.length);
  const minStages = request.minStages ?? 1;
  return (
    <span className="flex flex-wrap items-center gap-1 max-sm:contents">
      <select aria-label="What Plan it minimises" className="field w-auto! pr-1" value={request.objective} onChange={(event) => editRequest(store, (now) => setRequest(now, { objective: event.target.value as PlanObjective }))}>{OBJECTIVES.map(({ key, name }) => <option key={key} value={key}>{name}</option>)}</select>
      <select aria-label="Fewest stages" className="field w-auto! pr-1" value={minStages} onChange={(event) => editRequest(store, (now) => setRequest(now, { minStages: Number(event.target.value) > 1 ? Number(event.target.value) : undefined }))}>{Array.from({ length: Math.max(minStages, Math.min(8, Math.max(1, nodeCount))) }, (_, index) => index + 1).map((count) => <option key={count} value={count}>{count === 1 ? "any cut" : `≥ ${count} stages`}</option>)}</select>
      {runs
        ? <Button onClick={() => void stopPlanning(store)} data-testid="stop-planning"><Square size={12} />Stop</Button>
        : <Button onClick={() => { setTab("plan"); void startPlanning(store, scope); }} disabled={!saved} data-testid="plan-it"><WandSparkles size={14} />Plan it</Button>}
    </span>
  );
}
