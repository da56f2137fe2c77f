// Owns the ingress's numbers in Prometheus' text format.
import type { RouteRuntime } from "./route-runtime.ts";

const escapeLabel = (value: string): string => value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");

export function ingressMetrics(routes: RouteRuntime[]): string {
  const lines: string[] = [];
  const metric = (name: string, type: "counter" | "gauge", help: string, value: (route: RouteRuntime) => [labels: string, value: number][]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const route of routes) {
      const model = `model="${escapeLabel(route.route.modelName)}",deployment="${escapeLabel(route.route.deploymentId)}"`;
      for (const [labels, number] of value(route)) lines.push(`${name}{${model}${labels}} ${number}`);
    }
  };
  metric("cutplane_ingress_requests_total", "counter", "Requests by outcome.", ({ totals }) => [[',outcome="succeeded"', totals.succeeded], [',outcome="failed"', totals.failed]]);
  metric("cutplane_ingress_errors_total", "counter", "Failed requests by wire error code.", ({ totals }) => Object.entries(totals.errors).map(([code, count]) => [`,code="${code}"`, count]));
  metric("cutplane_ingress_latency_seconds_sum", "counter", "Time of succeeded requests, summed.", ({ totals }) => [["", totals.latencyMsSum / 1000]]);
  metric("cutplane_ingress_in_flight", "gauge", "Requests in flight.", (route) => [["", route.inFlight]]);
  metric("cutplane_ingress_ready", "gauge", "1 when new requests can be sent.", (route) => [["", route.ready ? 1 : 0]]);
  return `${lines.join("\n")}\n`;
}
