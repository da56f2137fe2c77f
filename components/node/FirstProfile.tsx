"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { api } from "../api.ts";
import { ms } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Figure } from "../ui/Figure.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

const POLL_MS = 1000;

/** Measures a model on this very node, and shows what is known of its kind. */
export function FirstProfile({ nodeId }: { nodeId: string }) {
  const models = (useQuery(api.models.list.queryOptions()).data ?? []).filter((model) => model.status === "ready");
  const [chosen, setChosen] = useState<string | null>(null);
  const modelId = chosen ?? models[0]?.id ?? null;
  const node = useQuery(api.nodes.get.queryOptions({ id: nodeId })).data;
  const measure = useMutation(api.models.measure.mutationOptions());
  const operationId = measure.data?.operation.id ?? "";
  const operation = useQuery(api.operations.get.queryOptions({ id: operationId }, { enabled: operationId !== "", refetchInterval: (query) => (query.state.data?.status === "running" || !query.state.data ? POLL_MS : false) })).data;
  const isRunning = measure.isPending || operation?.status === "running";
  const profiles = useQuery(api.models.profiles.queryOptions({ id: modelId ?? "" }, { enabled: modelId !== null, refetchInterval: isRunning ? POLL_MS : false })).data ?? [];
  const own = profiles.find((profile) => profile.nodeId === nodeId && profile.kind === "measured");
  const alike = own ?? profiles.find((profile) => profile.kind === "measured" && profile.deviceClass === node?.hardware?.deviceClass);
  if (modelId === null) return <p className="text-ink-2">A profile needs a model: <Link href="/models" className="underline underline-offset-4">import one</Link>. It can be measured later from the model's page.</p>;
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-end gap-2">
        <label className="block min-w-44"><span className="eyebrow">Model</span><select className="field" value={modelId} onChange={(event) => { setChosen(event.target.value); measure.reset(); }}>{models.map((model) => <option key={model.id} value={model.id}>{model.name}</option>)}</select></label>
        <Button onClick={() => measure.mutate({ id: modelId, nodeIds: [nodeId] })} disabled={node?.status !== "online"} busy={isRunning}>Measure it here</Button>
      </div>
      <div role="status">
        {isRunning && <State tone="busy">{operation?.progress.detail || "measuring"}</State>}
        {!isRunning && alike && <p data-testid="first-profile">The whole model in <Figure figure={ms(alike.wholeMs)} className="font-medium" /> <span className="text-ink-3">±</span> <Figure figure={ms(alike.wholeSdMs)} />, {alike.runs} runs, {own ? "on this node" : `on ${alike.nodeName ?? "a machine"} of the same kind`}, <Time iso={alike.measuredAt} />.</p>}
        {!isRunning && !alike && <p className="text-ink-2">Not measured here yet: until then the planner estimates.</p>}
      </div>
      {measure.error && <Problem title="Nothing was measured" error={measure.error} />}
      {operation?.error && <div role="alert" className="text-bad">{operation.error.message} {operation.error.fix}</div>}
    </div>
  );
}
