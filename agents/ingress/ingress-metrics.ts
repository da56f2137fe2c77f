// Owns the ingress's numbers in Prometheus' text format.
import type { ModelStatistics } from "./model-statistics.ts";
import type { RouteRuntime } from "./route-runtime.ts";

const escapeLabel = (value: string): string => value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");

/** Labels begin with a comma; a histogram's rows have suffixes. */
type Row = [labels: string, value: number, suffix?: string];
const seconds = ({ ms }: { ms: number }): number => ms / 1000;

export function ingressMetrics(routes: readonly RouteRuntime[]): string {
  const lines: string[] = [];
  const metric = (name: string, type: "counter" | "gauge" | "histogram", help: string, value: (route: RouteRuntime) => Row[]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const route of routes) {
      const model = `model="${escapeLabel(route.route.modelName)}",deployment="${escapeLabel(route.route.deploymentId)}"`;
      for (const [labels, number, suffix = ""] of value(route)) lines.push(`${name}${suffix}{${model}${labels}} ${number}`);
    }
  };
  metric("cutplane_ingress_requests_total", "counter", "Requests by outcome.", ({ totals }) => [[',outcome="succeeded"', totals.succeeded], [',outcome="failed"', totals.failed]]);
  metric("cutplane_ingress_repeated_total", "counter", "Requests that came again and were answered by the run of the first.", ({ repeated }) => [["", repeated.count]]);
  metric("cutplane_ingress_errors_total", "counter", "Failed requests by wire error code.", ({ totals }) => Object.entries(totals.errors).map(([code, count]) => [`,code="${code}"`, count]));
  metric("cutplane_ingress_latency_seconds", "histogram", "Time of succeeded requests at the ingress.", ({ latency }) => [
    ...latency.cumulative().map(([bound, count]): Row => [`,le="${bound}"`, count, "_bucket"]), ["", latency.sumSeconds, "_sum"], ["", latency.count, "_count"],
  ]);
  const ofVersions = (rows: (statistics: ModelStatistics) => Row[]) => (route: RouteRuntime): Row[] =>
    route.versions().flatMap(({ version }) => rows(route.statisticsOf(version)).map(([labels, value]): Row => [`,version="${escapeLabel(version)}"${labels}`, value]));
  metric("cutplane_ingress_part_seconds_total", "counter", "Where succeeded requests' time went; the parts sum to it.", ofVersions(({ queue, input, infer, output }) => [
    [',part="queue"', seconds(queue)], [',part="input"', seconds(input)], [',part="infer"', seconds(infer)], [',part="output"', seconds(output)],
  ]));
  metric("cutplane_ingress_runs_total", "counter", "Runs of the pipeline by how many items ran together.", ofVersions(({ batches }) => [...batches].map(([size, { infer }]) => [`,size="${size}"`, infer.count])));
  metric("cutplane_segment_compute_seconds_total", "counter", "Running a segment, by runs seen from this ingress.", ofVersions(({ segments }) => [...segments].map(([stage, { nodeId, compute }]) => [`,stage="${stage}",node="${escapeLabel(nodeId)}"`, seconds(compute)])));
  metric("cutplane_segment_queue_seconds_total", "counter", "Waiting in a segment's queue.", ofVersions(({ segments }) => [...segments].map(([stage, { nodeId, queue }]) => [`,stage="${stage}",node="${escapeLabel(nodeId)}"`, seconds(queue)])));
  metric("cutplane_link_seconds_total", "counter", "On the way from one node to the next.", ofVersions(({ links }) => [...links.values()].map(({ from, to, network }) => [`,from="${escapeLabel(from)}",to="${escapeLabel(to)}"`, seconds(network)])));
  metric("cutplane_link_bytes_total", "counter", "Tensors' bytes from one node to the next.", ofVersions(({ links }) => [...links.values()].map(({ from, to, bytes }) => [`,from="${escapeLabel(from)}",to="${escapeLabel(to)}"`, bytes])));
  metric("cutplane_ingress_in_flight", "gauge", "Requests in flight.", (route) => [["", route.inFlight]]);
  metric("cutplane_ingress_ready", "gauge", "1 when new requests can be sent.", (route) => [["", route.ready ? 1 : 0]]);
  return `${lines.join("\n")}\n`;
}
