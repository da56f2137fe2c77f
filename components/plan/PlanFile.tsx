"use client";
import { useQuery } from "@tanstack/react-query";
import { Download, Upload } from "lucide-react";
import { useRef } from "react";
import { api } from "../api.ts";
import { edit, requestIn, takePlan, useDrawing, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { Button } from "../ui/Button.tsx";
import { told, useNotices } from "../ui/notices.ts";
import { readPlanFile, writePlanFile } from "./plan-file.ts";
import { draftReplicas } from "./use-replicas.ts";
import type { PlanScope } from "./use-planning.ts";

/** The draft as a file, out and in. What comes in is a draft that undo takes back. */
export function PlanFile({ modelId }: PlanScope) {
  const model = useQuery({ ...api.models.get.queryOptions({ id: modelId }), staleTime: Number.POSITIVE_INFINITY }).data;
  const store = useWorkbenchStore();
  const input = useRef<HTMLInputElement>(null);
  const { placement } = useDrawing();
  const facts = useWorkbench((state) => state.facts);
  const save = () => {
    const { history, planning } = store.getState();
    if (!model) return;
    const { found } = planning;
    const own = found && samePlacement(found.placement, history.present.placement) ? found : null;
    const text = writePlanFile({
      model: { name: model.name, digest: model.facts.digest, layerCount: model.facts.layers.length }, placement: history.present.placement, replicas: (draftReplicas(store.getState()).known ?? []).map((one) => one.placement), request: own?.request ?? requestIn(store),
      found: own && own.origin.by === "solver" ? { solver: own.origin.solver, cost: own.search.cost, bound: own.search.bound, gap: own.search.gap, proved: own.origin.proved, seed: own.origin.search?.seed ?? 0 } : null,
    }, history.present.document.nodes);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "plan.json";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const load = async (file: File | undefined) => {
    if (!file) return;
    const read = readPlanFile(await file.text(), store.getState().history.present.document.nodes, store.getState().facts?.layers.length ?? null);
    if ("problem" in read) useNotices.setState((state) => ({ notices: [...state.notices, { id: Date.now(), tone: "bad", text: read.problem, fix: read.fix }] }));
    else { const { replicas = [], ...drawn } = read; edit(store, (drawing) => ({ ...drawing, ...drawn })); takePlan(store, { placement: drawn.placement, replicas: replicas.map((placement) => ({ placement })) }); told(`${file.name} is the draft now.`); }
  };
  return (
    <p className="flex flex-wrap gap-1">
      <Button look="quiet" disabled={placement.length === 0 || !model} onClick={save} data-testid="export-plan"><Download size={13} />Export the draft</Button>
      <Button look="quiet" disabled={!facts} onClick={() => input.current?.click()}><Upload size={13} />Import a plan…</Button>
      <input ref={input} type="file" accept="application/json,.json" className="sr-only" tabIndex={-1} aria-label="Plan file" data-testid="import-plan" onChange={(event) => { void load(event.target.files?.[0]); event.target.value = ""; }} />
    </p>
  );
}
