// Owns the ingress's numbers in Prometheus' text format.
import type { LatencyHistogram } from "./latency-histogram.ts";
import type { ModelStatistics } from "./model-statistics.ts";
import type { RouteRuntime } from "./route-runtime.ts";

const escapeLabel = (value: string): string => value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");

/** Labels begin with a comma; a histogram's rows have suffixes. */
type Row = [labels: string, value: number, suffix?: string];
const seconds = ({ ms }: { ms: number }): number => ms / 1000;
const histogramRows = (labels: string, histogram: LatencyHistogram): Row[] => [
  ...histogram.cumulative().map(([bound, count]): Row => [`${labels},le="${bound}"`, count, "_bucket"]), [labels, histogram.sumSeconds, "_sum"], [labels, histogram.count, "_count"],
];

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
  metric("cutplane_ingress_latency_seconds", "histogram", "Time of succeeded requests at the ingress.", ({ latency }) => histogramRows("", latency));
  const ofVersions = (rows: (statistics: ModelStatistics) => Row[]) => (route: RouteRuntime): Row[] =>
    route.versions().flatMap(({ version }) => rows(route.statisticsOf(version)).map(([labels, value, suffix]): Row => [`,version="${escapeLabel(version)}"${labels}`, value, suffix]));
  metric("cutplane_ingress_part_seconds_total", "counter", "Where succeeded requests' time went; the parts sum to it.", ofVersions(({ queue, input, infer, output }) => [
    [',part="queue"', seconds(queue)], [',part="input"', seconds(input)], [',part="infer"', seconds(infer)], [',part="output"', seconds(output)],
  ]));
  metric("cutplane_ingress_runs_total", "counter", "Runs of the pipeline by how many items ran together.", ofVersions(({ batches }) => [...batches].map(([size, { infer }]) => [`,size="${size}"`, infer.count])));
  const ofSegments = (which: "compute" | "queue") => ofVersions(({ segments }) => [...segments].flatMap(([stage, segment]) => histogramRows(`,stage="${stage}",node="${escapeLabel(segment.nodeId)}"`, segment[which])));
  metric("cutplane_segment_compute_seconds", "histogram", "Running a segment, by runs seen from this ingress.", ofSegments("compute"));
  metric("cutplane_segment_queue_seconds", "histogram", "Waiting in a segment's queue.", ofSegments("queue"));
  metric("cutplane_link_seconds", "histogram", "On the way from one node to the next.", ofVersions(({ links }) => [...links.values()].flatMap(({ from, to, network }) => histogramRows(`,from="${escapeLabel(from)}",to="${escapeLabel(to)}"`, network))));
  metric("cutplane_link_bytes_total", "counter", "Tensors' bytes from one node to the next.", ofVersions(({ links }) => [...links.values()].map(({ from, to, bytes }) => [`,from="${escapeLabel(from)}",to="${escapeLabel(to)}"`, bytes])));
  metric("cutplane_ingress_in_flight", "gauge", "Requests in flight.", (route) => [["", route.inFlight]]);
  metric("cutplane_ingress_ready", "gauge", "1 when new requests can be sent.", (route) => [["", route.ready ? 1 : 0]]);
  return `${lines.join("\n")}\n`;
}
