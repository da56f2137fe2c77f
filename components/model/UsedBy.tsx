"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { api, type DeploymentRow, type ModelFull } from "../api.ts";
import { DEPLOYMENT_TONES } from "../deployment/deployment-state.ts";
import { ParityBadge } from "../plan/ParityBadge.tsx";
import { ParityDetails } from "../plan/ParityDetails.tsx";
import { Section } from "../ui/Page.tsx";
import { State } from "../ui/State.tsx";

/** Which deployments run the model, and how equal each cut one is to the whole. */
export function UsedBy({ model }: { model: ModelFull }) {
  const deployments = (useQuery(api.deployments.list.queryOptions()).data ?? []).filter((one) => one.modelId === model.id);
  return (
    <Section title="Used by">
      {deployments.length === 0 ? <p className="text-ink-2">No deployment runs this model. Place it on a topology, then deploy it.</p> : (
        <div className="relative overflow-x-auto">
          <table className="rowed w-full">
            <thead><tr><th>Deployment</th><th>State</th><th>Topology</th><th>Parity</th><th>Compared</th></tr></thead>
            <tbody>{deployments.map((one) => <Row key={one.id} deployment={one} sampleDigest={model.sample?.digest ?? null} />)}</tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Row({ deployment, sampleDigest }: { deployment: DeploymentRow; sampleDigest: string | null }) {
  const planId = deployment.currentRevision?.planId ?? null;
  const parity = useQuery(api.plans.get.queryOptions({ id: planId ?? "" }, { enabled: planId !== null })).data?.parity ?? null;
  return (
    <tr>
      <td className="whitespace-nowrap"><Link className="underline decoration-line-strong underline-offset-4 hover:decoration-accent" href={`/deployments/${deployment.id}`}>{deployment.name}</Link>{deployment.currentRevision && <span className="num ml-2 text-xs text-ink-3">r{deployment.currentRevision.number}</span>}</td>
      <td><State tone={DEPLOYMENT_TONES[deployment.status]}>{deployment.status}</State></td>
      <td className="text-ink-2">{deployment.topologyName}</td>
      <td>{planId === null ? <span className="text-ink-3">–</span> : <ParityBadge parity={parity} />}</td>
      <td className="min-w-56 text-ink-2"><ParityDetails parity={parity} sampleDigest={sampleDigest} /></td>
    </tr>
  );
}
