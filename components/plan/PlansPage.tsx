"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { api, type PlanRow } from "../api.ts";
import { ms, perSecond } from "../format.ts";
import { setAddressParams } from "../shell/use-address-param.ts";
import { useAddressSearch } from "../shell/use-address-search.ts";
import { shownError } from "../shown-error.ts";
import { Empty } from "../ui/Empty.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Time } from "../ui/Time.tsx";
import { ParityBadge } from "./ParityBadge.tsx";
import { PlanCompare } from "./PlanCompare.tsx";
import { PredictionErrors } from "./PredictionErrors.tsx";

/** History of plans, of all, of a model's (`?model=`) or of a deployment's (`?deployment=`); two of them side by side (`?a=…&b=…`). */
export function PlansPage() {
  const params = new URLSearchParams(useAddressSearch());
  const modelId = params.get("model");
  const deploymentId = params.get("deployment");
  const a = params.get("a");
  const b = params.get("b");
  const plans = useQuery(api.plans.list.queryOptions({ limit: 200, ...(modelId ? { modelId } : {}) }));
  const models = useQuery(api.models.list.queryOptions()).data ?? [];
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const rows = (plans.data ?? []).filter((plan) => deploymentId === null || plan.deployedIn.some((use) => use.deploymentId === deploymentId));
  const modelName = (plan: PlanRow) => models.find((model) => model.id === plan.modelId)?.name ?? "a deleted model";
  return (
    <Page title="Plans" lead="Every placement that was kept. A plan never changes, so any of them can be deployed again.">
      <div className="mb-4 flex flex-wrap gap-3">
        <label><span className="eyebrow">Model</span><select className="field" value={modelId ?? ""} onChange={(event) => setAddressParams({ model: event.target.value || null, a: null, b: null })}><option value="">all models</option>{models.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</select></label>
        <label><span className="eyebrow">Deployment</span><select className="field" value={deploymentId ?? ""} onChange={(event) => setAddressParams({ deployment: event.target.value || null, a: null, b: null })}><option value="">all deployments</option>{deployments.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</select></label>
      </div>
      {plans.isPending && <Skeleton label="Loading plans" />}
      {shownError(plans) !== null && <Problem title="The plans could not be listed" error={plans.error} retry={() => void plans.refetch()} />}
      {(a || b) && <PlanCompare a={a} b={b} />}
      {plans.data && rows.length === 0 && <Empty title="No plan here yet">A plan is kept when a placement is deployed: open a <Link href="/topologies" className="underline underline-offset-4">topology</Link>, place every layer, then deploy it.</Empty>}
      {rows.length > 0 && (
        <div className="overflow-x-auto">
          <table className="rowed w-full" data-testid="plans">
            <thead><tr><th>A</th><th>B</th><th>Plan</th><th>Model</th><th className="max-sm:hidden">Segments</th><th>Latency</th><th>Throughput</th><th>Parity</th><th>Deployed in</th><th>Made</th></tr></thead>
            <tbody>
              {rows.map((plan) => {
                const { estimate } = plan.plan;
                return (
                  <tr key={plan.id} data-testid="plan-row">
                    {(["a", "b"] as const).map((side) => <td key={side}><input type="radio" name={side} className="accent-(--accent)" checked={(side === "a" ? a : b) === plan.id} onChange={() => setAddressParams({ [side]: plan.id })} aria-label={`Compare plan ${plan.hash.slice(0, 10)} as ${side.toUpperCase()}`} /></td>)}
                    <td className="num">{plan.hash.slice(0, 10)}</td><td>{modelName(plan)}</td><td className="num max-sm:hidden">{plan.plan.placement.length}</td>
                    <td><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} /></td><td><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} /></td>
                    <td><ParityBadge parity={plan.parity} /></td>
                    <td>{plan.deployedIn.length === 0 ? <span className="text-ink-3">nowhere yet</span> : plan.deployedIn.map((use) => <Link key={`${use.deploymentId}-${use.revision}`} href={`/deployments/${use.deploymentId}`} className="mr-2 underline underline-offset-4">{use.name} r{use.revision}{use.current ? ", runs" : ""}</Link>)}</td>
                    <td className="text-ink-2"><Time iso={plan.createdAt} /> by {plan.createdBy}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <PredictionErrors />
    </Page>
  );
}
