// What Prometheus should scrape: every approved node, through the console its agent is connected to.
import { liveFleet } from "../live/live-fleet.ts";
import { listNodes } from "../store/nodes.ts";
import { listTopologies } from "../store/topologies.ts";
import type { Deps } from "./deps.ts";

/** One entry of Prometheus' HTTP service discovery (prometheus.io/docs/prometheus/latest/http_sd). */
export type ScrapeTarget = { targets: [string]; labels: Record<string, string> };

/** `consoleUrl`: of this console. A node that is away stays listed, so that its scrape fails and an alert sees it. */
export async function listScrapeTargets(deps: Pick<Deps, "db" | "peers">, consoleUrl: string): Promise<ScrapeTarget[]> {
  const [nodes, topologies] = await Promise.all([listNodes(deps.db), listTopologies(deps.db)]);
  const fleet = liveFleet(deps.db);
  const zones = zonesOf(topologies);
  return nodes.filter((node) => node.approvedAt !== null).map((node) => {
    const via = fleet.nodes.get(node.id)?.via ?? null;
    const url = new URL(deps.peers?.others().find((one) => one.id === via)?.url ?? consoleUrl);
    const scheme = url.protocol.slice(0, -1);
    const port = url.port || (scheme === "https" ? "443" : "80");
    return {
      targets: [`${url.hostname}:${port}`],
      labels: { __scheme__: scheme, __metrics_path__: `/metrics/nodes/${node.id}`, instance: node.name, node: node.name, node_id: node.id, zone: zones.get(node.id) ?? "" },
    };
  });
}

/** Zones are drawn. The drawing that follows the fleet says it, else the first other one that puts the node into a zone. */
function zonesOf(topologies: Awaited<ReturnType<typeof listTopologies>>): Map<string, string> {
  const zones = new Map<string, string>();
  for (const { document } of [...topologies].sort((a, b) => Number(b.followsFleet) - Number(a.followsFleet))) {
    for (const { nodeId, zoneId } of document.nodes) {
      const zone = document.zones.find((one) => one.id === zoneId);
      if (nodeId && zone && !zones.has(nodeId)) zones.set(nodeId, zone.name);
    }
  }
  return zones;
}
