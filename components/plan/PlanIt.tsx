"use client";
import { useMutation } from "@tanstack/react-query";
import { WandSparkles } from "lucide-react";
import { useState } from "react";
import type { Objective, Plan } from "../../server/planner/plan.ts";
import { api } from "../api.ts";
import { editPlacement, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { Button } from "../ui/Button.tsx";
import { told, toldProblem, useNotices } from "../ui/notices.ts";

type Props = { modelId: string; topologyId: string; deploymentId: string | null; onOrigin: (origin: Plan["origin"]) => void };

/** One button for a sensible placement. It waits for the drawing to be saved, because the server plans on what it has. */
export function PlanIt({ modelId, topologyId, deploymentId, onOrigin }: Props) {
  const store = useWorkbenchStore();
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const [objective, setObjective] = useState<Objective>("latency");
  const [minStages, setMinStages] = useState(1);
  const nodeCount = useWorkbench((state) => state.history.present.document.nodes.length);
  const solve = useMutation(api.plans.solve.mutationOptions({
    onError: (error) => toldProblem("Planning", error),
    onSuccess: (answer) => {
      if ("infeasible" in answer) {
        const first = answer.refusals[0];
        useNotices.setState((state) => ({ notices: [...state.notices, { id: Date.now(), tone: "bad", text: `No placement is possible. ${first?.message ?? ""}`, fix: first?.fix ?? null }] }));
        return;
      }
      editPlacement(store, () => answer.placement);
      onOrigin(answer.origin);
      told(answer.explanation[0] ?? "Placed.");
    },
  }));
  const run = () => solve.mutate({ modelId, topologyId, objective, ...(minStages > 1 ? { minStages } : {}), ...(deploymentId ? { deploymentId } : {}) });
  return (
    <span className="flex flex-wrap items-center gap-1">
      <select aria-label="What Plan it minimises" className="field w-auto! pr-1" value={objective} onChange={(event) => setObjective(event.target.value as Objective)}><option value="latency">lowest latency</option><option value="throughput">most requests/s</option></select>
      <select aria-label="Fewest stages" className="field w-auto! pr-1" value={minStages} onChange={(event) => setMinStages(Number(event.target.value))}>{Array.from({ length: Math.min(8, Math.max(1, nodeCount)) }, (_, index) => index + 1).map((count) => <option key={count} value={count}>{count === 1 ? "any cut" : `≥ ${count} stages`}</option>)}</select>
      <Button onClick={run} disabled={solve.isPending || !saved} data-testid="plan-it"><WandSparkles size={14} />{solve.isPending ? "Planning…" : "Plan it"}</Button>
    </span>
  );
}
