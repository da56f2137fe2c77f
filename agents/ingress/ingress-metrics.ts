// Owns the ingress's numbers as Prometheus is told them.
import { type Family, histogramRows, type Labels, type Row } from "../exposition.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";
import type { ModelStatistics } from "./model-statistics.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import type { RouteRuntime } from "./route-runtime.ts";

/** `at`, `from` and `to` are ids of nodes: `node` is what a scrape calls the agent it asked. */
export function ingressMetrics(routes: readonly RouteRuntime[]): Family[] {
  const family = (name: string, type: Family["type"], help: string, rowsOf: (route: RouteRuntime, labels: Labels) => Row[]): Family =>
    ({ name, type, help, rows: routes.flatMap((route) => rowsOf(route, { model: route.route.modelName, deployment: route.route.deploymentId })) });
  const ofVersions = (name: string, type: Family["type"], help: string, rowsOf: (statistics: ModelStatistics, labels: Labels, route: RouteRuntime) => Row[]): Family =>
    family(name, type, help, (route, labels) => route.versions().flatMap(({ version }) => rowsOf(route.statisticsOf(version), { ...labels, version }, route)));
  const ofSegments = (which: "compute" | "queue") => ({ segments }: ModelStatistics, labels: Labels): Row[] =>
    [...segments.values()].flatMap((segment) => histogramRows({ ...labels, stage: segment.stage, ...(segment.replica === 1 ? {} : { replica: segment.replica }), at: segment.nodeId }, segment[which]));
  const ofReplicas = (name: string, type: Family["type"], help: string, rowsOf: (replica: PipelineRuntime, labels: Labels) => Row[]): Family =>
    family(name, type, help, (route, labels) => route.versions().flatMap(({ version, epoch }) => route.pipelinesOf(epoch).flatMap((one) => rowsOf(one, { ...labels, version, replica: one.pipeline.replica ?? 1 }))));
  return [
    family("cutplane_ingress_requests_total", "counter", "Requests by outcome; refused: for a mistake of its sender's own.", ({ totals }, labels) => (["succeeded", "failed", "refused"] as const).map((outcome) => [{ ...labels, outcome }, totals[outcome]])),
    family("cutplane_ingress_repeated_total", "counter", "Requests that came again and were answered by the run of the first.", ({ repeated }, labels) => [[labels, repeated.count]]),
    family("cutplane_ingress_errors_total", "counter", "Failed and refused requests by error code.", ({ totals }, labels) => Object.entries(totals.errors).map(([code, count]) => [{ ...labels, code }, count])),
    family("cutplane_ingress_key_refused_total", "counter", "Requests refused because their key had reached a limit, by which; never by key.", ({ keys }, labels) => Object.entries(keys.refused).map(([reason, count]) => [{ ...labels, reason }, count])),
    family("cutplane_ingress_latency_seconds", "histogram", "Time of succeeded requests at the ingress: from tensors to tensors, and where a processor makes them from the last byte to the answer handed to the socket.", ({ times: { latency } }, labels) => histogramRows(labels, latency)),
    ofVersions("cutplane_ingress_part_seconds", "histogram", "Where succeeded requests' time went; the sums of the parts sum to it. What a processor took is in parts of its own: processor_queue, preprocess, postprocess.", (statistics, labels, route) =>
      Object.entries(partsOf(statistics, route)).flatMap(([part, histogram]) => histogramRows({ ...labels, part }, histogram))),
    ofVersions("cutplane_ingress_batch_size", "histogram", "Items that ran together, by runs of the pipeline.", ({ batchSizes }, labels) => histogramRows(labels, batchSizes)),
    family("cutplane_ingress_batch_elements_total", "counter", "Elements of inputs that ran while requests were joined, by kind: asked, or padding that was filled in.", ({ batching }, labels) => Object.entries(batching.elements).map(([kind, count]): Row => [{ ...labels, kind }, count])),
    ofVersions("cutplane_segment_compute_seconds", "histogram", "Running a segment, by runs seen from this ingress.", ofSegments("compute")),
    ofVersions("cutplane_segment_queue_seconds", "histogram", "Waiting in a segment's queue.", ofSegments("queue")),
    ofVersions("cutplane_link_seconds", "histogram", "On the way from one node to the next.", ({ links }, labels) => [...links.values()].flatMap(({ from, to, network }) => histogramRows({ ...labels, from, to }, network))),
    ofVersions("cutplane_link_bytes_total", "counter", "Tensors' bytes from one node to the next.", ({ links }, labels) => [...links.values()].map(({ from, to, bytes }): Row => [{ ...labels, from, to }, bytes])),
    family("cutplane_canary_requests_total", "counter", "Requests that a revision under trial was given, since its trial began here.", ({ canary }, labels) => {
      const told = canary?.observed();
      return told ? [[{ ...labels, outcome: "succeeded" }, told.requests - told.failed], [{ ...labels, outcome: "failed" }, told.failed]] : [];
    }),
    family("cutplane_canary_shadows_total", "counter", "Copies of requests sent to a revision under trial, by how its answers compared.", ({ canary }, labels) => Object.entries(canary?.observed().shadows ?? {}).map(([outcome, count]) => [{ ...labels, outcome }, count])),
    ofReplicas("cutplane_replica_requests_total", "counter", "Requests sent through a replica by how that ended; what was lost was sent again.", ({ counts }, labels) => Object.entries(counts).map(([outcome, count]): Row => [{ ...labels, outcome }, count])),
    ofReplicas("cutplane_replica_in_flight", "gauge", "Requests on a replica.", ({ outstanding }, labels) => [[labels, outstanding]]),
    ofReplicas("cutplane_replica_ready", "gauge", "1 while the replica is linked.", ({ linked }, labels) => [[labels, linked ? 1 : 0]]),
    family("cutplane_ingress_streams", "gauge", "Open streams.", ({ streams }, labels) => [[labels, streams.size]]),
    family("cutplane_ingress_stream_moves_total", "counter", "Streams moved to another revision with their state, and tries that failed: the stream stayed.", ({ streams }, labels) => Object.entries(streams.moves).map(([outcome, count]): Row => [{ ...labels, outcome }, count])),
    family("cutplane_ingress_in_flight", "gauge", "Requests in flight.", (route, labels) => [[labels, route.inFlight]]),
    family("cutplane_ingress_ready", "gauge", "1 when new requests can be sent.", (route, labels) => [[labels, route.ready ? 1 : 0]]),
  ];
}

function partsOf({ queue, input, infer, output, processor }: ModelStatistics, { route }: RouteRuntime): Record<string, LatencyHistogram> {
  return { queue, input, infer, output, ...(route.processor ? { processor_queue: processor.queue, preprocess: processor.preprocess, postprocess: processor.postprocess } : {}) };
}
