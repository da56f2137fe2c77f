"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { api } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

/** Whether the machine that joined is the one that was meant. Before it is approved it gets no model and no stage. */
export function ApproveNode({ nodeId, failing }: { nodeId: string; failing: number }) {
  const router = useRouter();
  const node = useQuery(api.nodes.get.queryOptions({ id: nodeId })).data;
  const settled = { onSuccess: (_: unknown, __: unknown, ___: unknown, { client }: { client: { invalidateQueries(filter: object): unknown } }) => void client.invalidateQueries(api.nodes.pathFilter()) };
  const approve = useMutation(api.nodes.approve.mutationOptions(settled));
  const turnAway = useMutation(api.nodes.remove.mutationOptions({ onSuccess: () => router.replace("/nodes") }));
  if (!node) return null;
  if (node.approvedAt !== null) return <p role="status" data-testid="approved"><State tone="ok">approved</State> <span className="text-ink-2">by {node.approvedBy}, <Time iso={node.approvedAt} />. It may take work.</span></p>;
  const { hardware } = node;
  return (
    <div className="space-y-2" data-testid="approval">
      <p>Is this the machine you meant? It gets no model and no stage before you say so.</p>
      {hardware && <p className="text-ink-2"><b className="text-ink">{node.name}</b>, host {hardware.hostname}, {hardware.cpuModel}, {hardware.platform} {hardware.arch}; joined <Time iso={node.enrolledAt} />.</p>}
      {failing > 0 && <p className="text-warn">{failing} of its checks {failing === 1 ? "fails" : "fail"}: it may be approved all the same, and used once they pass.</p>}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" busy={approve.isPending} onClick={() => approve.mutate({ id: nodeId })}>Approve {node.name}</Button>
        <Button look="danger" busy={turnAway.isPending} title="Its certificate opens nothing any more; to join again it needs a new command" onClick={() => turnAway.mutate({ id: nodeId })}>Turn it away</Button>
      </div>
      {approve.error && <Problem title="It was not approved" error={approve.error} />}
      {turnAway.error && <Problem title="It was not turned away" error={turnAway.error} />}
    </div>
  );
}
