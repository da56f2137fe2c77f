"use client";
import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";
import { api, type DeploymentFull, type RecentRequest } from "../api.ts";
import { useDrawing } from "../canvas/workbench-store.ts";
import { useLive } from "../live/live-store.ts";
import { useAddressParam } from "../shell/use-address-param.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { RequestList } from "./RequestList.tsx";
import { RequestWaterfall } from "./RequestWaterfall.tsx";

const POLL_MS = 1000;
const LISTED = 40;
const ORDERS = ["recent", "slowest", "failed"] as const;
type Order = (typeof ORDERS)[number];
const NOTHING: Record<Order, string> = {
  recent: "No request has passed since the console started. Send one in Try it.", slowest: "No request has passed in the last 15 minutes.", failed: "No request has failed since the console started.",
};

/** Requests to pick from, and the one picked as a waterfall over its stages and hops. */
export function Trace({ deployment }: { deployment: DeploymentFull }) {
  const [asked, setOrder] = useAddressParam("requests");
  const order = ORDERS.find((one) => one === asked) ?? "recent";
  const [trace, setTrace] = useAddressParam("trace");
  const traceId = traceIdOf(trace);
  const [held, setHeld] = useState(false);
  const [chosen, setChosen] = useState<RecentRequest | null>(null);
  const connected = useLive((state) => state.connection !== "lost");
  const query = useQuery({ ...api.deployments.requests.queryOptions({ id: deployment.id, order, limit: LISTED, ...(traceId ? { traceId } : {}) }), refetchInterval: held || !connected ? false : POLL_MS, placeholderData: (before) => before });
  const requests = query.data ?? [];
  // Another order begins with its own first request; what was picked stays even when the list has moved on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the order alone
  useEffect(() => setChosen(null), [order, traceId]);
  // Of a request that failed more may be told after it was picked.
  const shown = requests.find((one) => one.requestId === chosen?.requestId) ?? chosen ?? requests[0] ?? null;
  const stageNodes = useStageNodes(deployment, shown !== null && !shown.ok ? shown.epoch : undefined);
  if (query.error && !query.data) return <Problem title="The requests could not be read" error={query.error} retry={() => void query.refetch()} />;
  return (
    <div data-testid="trace" className="grid gap-x-4 gap-y-2 md:h-full md:min-h-0 md:grid-cols-[15rem_minmax(0,1fr)]">
      <div className="flex flex-col md:min-h-0">
        <div className="mb-1 flex items-center gap-1.5">
          <select aria-label="Which requests" className="field w-auto! flex-1" value={order} onChange={(event) => setOrder(event.target.value === "recent" ? null : event.target.value)}>
            <option value="recent">newest</option><option value="slowest">slowest of 15 min</option><option value="failed">failed</option>
          </select>
          <Button look="quiet" onClick={() => setHeld(!held)} aria-pressed={held}>{held ? <Play size={13} /> : <Pause size={13} />}{held ? "Follow" : "Hold"}</Button>
        </div>
        <input type="search" aria-label="Trace id" placeholder="trace id or traceparent" className="field mb-1" value={trace ?? ""} onChange={(event) => setTrace(event.target.value.trim() || null, "replace")} aria-invalid={trace !== null && traceId === null} data-testid="trace-search" />
        {trace !== null && traceId === null && <p className="mb-1 text-ink-2">A trace id is 32 hex digits.</p>}
        {requests.length === 0 ? <p className="text-ink-2">{query.isPending ? "Asking…" : traceId ? "No request of this trace is kept here. The newest, slowest and failed ones are, since the console started." : NOTHING[order]}</p> : <RequestList requests={requests} chosen={shown} choose={(request) => { setChosen(request); if (order === "recent") setHeld(true); }} />}
      </div>
      <div className="min-w-0">{shown && <RequestWaterfall request={shown} stageNodes={stageNodes} />}</div>
    </div>
  );
}

/** Of what a person pastes: the id alone, or a whole traceparent; null of anything else. */
function traceIdOf(text: string | null): string | null {
  const lower = (text ?? "").trim().toLowerCase();
  return /^[0-9a-f]{32}$/.test(lower) ? lower : (/^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(lower)?.[1] ?? null);
}

/** Names of the nodes that the plan of an epoch has its stages on, in order; null without an epoch, or while the plan is not here. */
function useStageNodes(deployment: DeploymentFull, epoch: number | undefined): string[] | null {
  const planId = epoch === undefined ? undefined : deployment.revisions.find((one) => one.epoch === epoch)?.planId;
  const plan = useQuery({ ...api.plans.get.queryOptions({ id: planId ?? "" }), enabled: planId !== undefined && planId !== deployment.plan?.id }).data;
  const { nodes } = useDrawing().document;
  const placement = (planId === deployment.plan?.id ? deployment.plan : plan?.id === planId ? plan : null)?.plan.placement;
  return planId === undefined || !placement ? null : placement.map((stage) => nodes.find((node) => node.id === stage.topologyNodeId)?.name ?? "a node that is no longer drawn");
}
