"use client";
import Link from "next/link";
import type { ModelFull } from "../api.ts";
import { DEPLOYMENT_TONES } from "../deployment/deployment-state.ts";
import { PipelineTime } from "../deployment/PipelineTime.tsx";
import { layerNumbers, ms } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { useStale } from "../live/use-stale.ts";
import { ParityBadge } from "../plan/ParityBadge.tsx";
import { ParityDetails } from "../plan/ParityDetails.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Section } from "../ui/Page.tsx";
import { State } from "../ui/State.tsx";
import type { ModelUse } from "./use-model-uses.ts";

/** Which deployments run the model, where each cuts it, and how equal the cut one is to the whole. */
export function UsedBy({ model, uses }: { model: ModelFull; uses: readonly ModelUse[] }) {
  return (
    <Section title="Used by" aside={<Link className="underline underline-offset-4 hover:text-ink" href={`/plans?model=${model.id}`}>its plans</Link>}>
      {uses.length === 0 ? <p className="text-ink-2">No deployment runs this model. Place it on a topology, then deploy it.</p> : (
        <div className="relative overflow-x-auto">
          <table className="rowed w-full">
            <thead><tr><th>Deployment</th><th>State</th><th>Layers on nodes</th><th>p50</th><th>Predicted</th><th>Parity</th><th>Compared</th></tr></thead>
            <tbody>{uses.map((one) => <Row key={one.deployment.id} use={one} sampleDigest={model.sample?.digest ?? null} />)}</tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Row({ use: { deployment, plan, nodeNames }, sampleDigest }: { use: ModelUse; sampleDigest: string | null }) {
  const sample = useLive((state) => state.deployments[deployment.id]);
  const stale = useStale({ deployment: deployment.id }) !== null;
  return (
    <tr>
      <td className="whitespace-nowrap"><Link className="underline decoration-line-strong underline-offset-4 hover:decoration-accent" href={`/deployments/${deployment.id}`}>{deployment.name}</Link>{deployment.currentRevision && <span className="num ml-2 text-xs text-ink-3">r{deployment.currentRevision.number}</span>}<div className="text-xs text-ink-3">on {deployment.topologyName}</div></td>
      <td><State tone={DEPLOYMENT_TONES[deployment.status]}>{deployment.status}</State></td>
      <td className="whitespace-nowrap text-ink-2">{plan ? <ol>{plan.placement.map((stage, index) => <li key={stage.from}><span className="num inline-block min-w-12">{layerNumbers(stage)}</span> {nodeNames[index]}</li>)}</ol> : <span className="text-ink-3">–</span>}</td>
      <td><Figure figure={ms(sample?.latencyMsP50)} stale={stale} /><div className="text-xs"><PipelineTime of={sample} stale={stale} /></div></td>
      <td><Figure figure={ms(plan?.estimate.latencyMs)} kind={predicted(plan?.estimate.kind ?? "mixed")} /></td>
      <td>{plan === null ? <span className="text-ink-3">–</span> : <ParityBadge parity={plan.parity} />}</td>
      <td className="min-w-56 text-ink-2"><ParityDetails parity={plan?.parity ?? null} sampleDigest={sampleDigest} /></td>
    </tr>
  );
}
