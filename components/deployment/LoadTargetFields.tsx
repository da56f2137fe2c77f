"use client";
import { useQuery } from "@tanstack/react-query";
import { URL_APIS, type UrlApi } from "../../server/loadgen/method/load-target.ts";
import { api, type DeploymentFull } from "../api.ts";
import { API_NAMES, type TargetValues } from "./load-targets.ts";

/** What is measured: the deployment, its whole model on one node, or another system beside it. `problem` is told once there is something to be wrong. `hasData`: inputs are given, so that none has a shape to be made up in. */
export function LoadTargetFields({ deployment, values, set, problem, hasData }: { deployment: DeploymentFull; values: TargetValues; set(change: Partial<TargetValues>): void; problem: string | null; hasData: boolean }) {
  const nodes = useQuery(api.loadRuns.targets.queryOptions({ id: deployment.id })).data ?? [];
  const node = nodes.find(({ nodeId }) => nodeId === values.choice);
  return (
    <>
      <label className="block text-xs text-ink-2">Of
        <select className="field" data-testid="load-target" value={values.choice} onChange={(event) => set({ choice: event.target.value, besideRunning: false })}>
          <option value="deployment">this deployment</option>
          {nodes.map(({ nodeId, name }) => <option key={nodeId} value={nodeId}>{name} by itself</option>)}
          <option value="url">another address</option>
        </select>
      </label>
      {node && <p className="text-xs text-ink-2">The whole model on {node.name} alone, entered there: deployed for this run, with this deployment’s batching and limits, and removed again. This deployment may answer slower meanwhile.</p>}
      {node && node.besides.length > 0 && <label className="flex min-h-7 items-start gap-2 border-l-2 border-warn bg-warn-wash px-2 py-1.5 text-xs"><input type="checkbox" className="mt-0.5" checked={values.besideRunning} onChange={(event) => set({ besideRunning: event.target.checked })} data-testid="load-besides" /><span>{node.besides.map(({ name }) => name).join(", ")} {node.besides.length === 1 ? "runs" : "run"} on it too and may answer slower meanwhile{node.besides.some(({ movesByItself }) => movesByItself) && "; adaptation may move what adapts by itself"}. Measure all the same.</span></label>}
      {values.choice === "url" && <Address values={values} set={set} problem={problem} hasData={hasData} />}
    </>
  );
}

function Address({ values, set, problem, hasData }: { values: TargetValues; set(change: Partial<TargetValues>): void; problem: string | null; hasData: boolean }) {
  const isBegun = values.url.trim() !== "" && values.model.trim() !== "";
  return (
    <fieldset className="space-y-2">
      <legend className="sr-only">Address</legend>
      <label className="block text-xs text-ink-2">Address<input className="field" inputMode="url" autoComplete="off" spellCheck={false} placeholder={values.api === "oip" ? "http://host:8000, grpc://host:9000" : "https://host/v1"} data-testid="load-url" value={values.url} aria-describedby="load-address-hint" onChange={(event) => set({ url: event.target.value })} /></label>
      <label className="block text-xs text-ink-2">Speaks<select className="field" data-testid="load-api" value={values.api} onChange={(event) => set({ api: event.target.value as UrlApi })}>{URL_APIS.map((name) => <option key={name} value={name}>{API_NAMES[name]}</option>)}</select></label>
      <label className="block text-xs text-ink-2">Its model’s name<input className="field" autoComplete="off" spellCheck={false} data-testid="load-model" value={values.model} onChange={(event) => set({ model: event.target.value })} /></label>
      <label className="block text-xs text-ink-2">Key, if it wants one<input className="field" type="password" autoComplete="off" data-testid="load-key" value={values.key} onChange={(event) => set({ key: event.target.value })} /></label>
      {values.api === "oip" && !hasData && <label className="block text-xs text-ink-2">Shapes of its inputs, if others<input className="field" autoComplete="off" spellCheck={false} placeholder="x=1,3,224,224" data-testid="load-shapes" value={values.shapes} onChange={(event) => set({ shapes: event.target.value })} /></label>}
      {isBegun && problem !== null && <p role="alert" className="text-xs text-bad">{problem}</p>}
      <p id="load-address-hint" className="text-xs text-ink-2">Called from the console. The key is sent to this address alone and kept nowhere. Only measure what you may put load on.</p>
    </fieldset>
  );
}
