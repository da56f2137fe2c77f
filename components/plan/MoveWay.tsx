"use client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api.ts";
import { layersText } from "../format.ts";

type Named = { id: string; name: string };

/** How the deployment would get to the plan. Nothing is to be confirmed while it `isAsked`: it may pause. */
export function useMoveWay(deploymentId: string | null, planId: string | null) {
  const enabled = deploymentId !== null && planId !== null;
  const { data, isPending } = useQuery({ ...api.deployments.previewMove.queryOptions({ id: deploymentId ?? "", planId: planId ?? "" }), enabled });
  return { way: data ?? null, isAsked: enabled && isPending };
}

/** Nothing to say where both revisions fit; else the steps, or how long nothing would serve. */
export function MoveWay({ way, nodes }: { way: NonNullable<ReturnType<typeof useMoveWay>["way"]>; nodes: readonly Named[] }) {
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  if (way.way === "beside") return null;
  return (
    <div role="status" className={`border-l-2 px-3 py-2 ${way.way === "hand-over" ? "border-line bg-panel" : "border-warn bg-warn-wash"}`} data-testid="move-way" data-way={way.way}>
      <p>{way.said}{way.fix && <span className="text-ink-2"> {way.fix}</span>}</p>
      {way.steps && (
        <ol className="mt-1 list-decimal space-y-0.5 pl-5 text-ink-2" aria-label="Steps of the hand-over">
          {way.steps.map((replicas, index) => <li key={JSON.stringify([index, replicas])} data-testid="move-way-step">{replicas.map((stages) => stages.map((stage) => `${layersText(stage)} on ${nameOf(stage.topologyNodeId)}`).join(", ")).join("; ")}</li>)}
        </ol>
      )}
    </div>
  );
}
