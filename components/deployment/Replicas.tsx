import type { DeploymentFull } from "../api.ts";
import { State } from "../ui/State.tsx";

/** Each replica as the ingresses tell it; nothing where there is one pipeline. */
export function Replicas({ deployment }: { deployment: DeploymentFull }) {
  if (deployment.replicas.length < 2) return null;
  return (
    <section aria-label="Replicas" className="mb-3 overflow-x-auto" data-testid="deployment-replicas">
      <h2 className="eyebrow mb-1">Replicas: each request goes to the least loaded one</h2>
      <table className="rowed">
        <thead><tr><th>Replica</th><th>On</th><th>State</th><th>In flight</th><th>Answered</th><th title="Requests of a broken replica that another one answered">Sent again</th></tr></thead>
        <tbody>{deployment.replicas.map(({ number, nodes, ready, inFlight, answered, lost }) => (
          <tr key={number} data-testid="deployment-replica">
            <td className="num">{number}</td><td>{nodes.map((node, index) => <span key={node.id}>{index > 0 && " → "}<span className="whitespace-nowrap">{node.name}</span></span>)}</td><td><State tone={ready ? "ok" : "bad"}>{ready ? "serves" : "broken"}</State></td>
            <td className="num">{inFlight}</td><td className="num">{answered}</td><td className="num">{lost}</td>
          </tr>
        ))}</tbody>
      </table>
      <p className="mt-1 text-xs text-ink-3">Counted since the ingress has the replica.</p>
    </section>
  );
}
