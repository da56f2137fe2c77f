import { useQuery } from "@tanstack/react-query";
import { api, type DeploymentFull } from "../api.ts";

/** What ingresses find out is no event: it is looked at while it is on the screen. */
const LOOK_MS = 2_000;

/** What each ingress found out about running requests together: it is compared there, on real requests. Nothing where it was not asked for. */
export function BatchingState({ deployment: { id, ingress: known } }: { deployment: DeploymentFull }) {
  const ingress = useQuery({ ...api.deployments.get.queryOptions({ id }), refetchInterval: LOOK_MS }).data?.ingress ?? known;
  const told = ingress.flatMap(({ nodeId, url, batching }) => (batching && (batching.problem !== null || batching.padding) ? [{ nodeId, url, batching }] : []));
  if (told.length === 0) return null;
  return (
    <ul className="space-y-1 text-xs text-ink-2" aria-label="What was found of requests together" data-testid="batching-state">
      {told.map(({ nodeId, url, batching: { problem, padding } }) => {
        const isOff = problem !== null || padding?.problem != null;
        return <li key={nodeId} className={`break-words ${isOff ? "text-warn" : ""}`}>{told.length > 1 && `${url}: `}{problem === null ? paddingText(padding) : `Each runs alone: ${problem}.`}</li>;
      })}
    </ul>
  );
}

function paddingText(padding: NonNullable<DeploymentFull["ingress"][number]["batching"]>["padding"]): string {
  if (padding?.problem != null) return `Nothing is padded: ${padding.problem}.`;
  const count = padding?.equalBuckets ?? 0;
  return count === 0 ? "Padding: no padded batch has been compared yet." : `Padding: equal to requests alone, in ${count} ${count === 1 ? "shape" : "shapes"} compared.`;
}
