// Owns the optional loopback listener: /metrics for Prometheus, /healthz (this process answers), /readyz (everything desired is ready).
import { createServer } from "node:http";
import type { FetchedBytes } from "./artifact-source.ts";
import type { NodeSample, ObservedAssignment, ObservedIngress } from "./protocol/control.ts";
import { AGENT_VERSION } from "./version.ts";

export type MetricsView = { nodeName: string; connected: boolean; assignments: ObservedAssignment[]; ingress: ObservedIngress[]; sample: NodeSample | null; /** Artifacts since the start: from whom they came, and what other nodes got of this one. */ fetched: FetchedBytes; givenBytes: number };

export function startMetricsServer(port: number, view: () => MetricsView): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((req, res) => {
    const answer = (status: number, text: string) => res.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    if (req.method !== "GET" && req.method !== "HEAD") return answer(405, "only GET\n");
    if (req.url === "/metrics") return answer(200, metricsText(view()));
    if (req.url === "/healthz") return answer(200, "ok\n");
    if (req.url === "/readyz") {
      const waiting = waitingFor(view());
      return waiting.length === 0 ? answer(200, "ok\n") : answer(503, `${waiting.join("\n")}\n`);
    }
    return answer(404, "here are /metrics, /healthz and /readyz\n");
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve({
      port: (server.address() as { port: number }).port,
      close: () => new Promise((done) => { server.close(() => done()); server.closeAllConnections(); }),
    }));
  });
}

function waitingFor(view: MetricsView): string[] {
  return [
    ...view.assignments.filter((one) => one.state !== "ready" && one.state !== "draining").map((one) => `assignment ${one.assignmentId} is ${one.state}`),
    ...view.ingress.filter((one) => one.error !== null || one.url === "").map((one) => `ingress of ${one.deploymentId} is not up`),
  ];
}

/** Text exposition format 0.0.4. */
export function metricsText(view: MetricsView): string {
  const lines: string[] = [];
  const add = (name: string, help: string, rows: [Record<string, string | number>, number | null][]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
    for (const [labels, value] of rows) {
      if (value === null) continue;
      const text = Object.entries(labels).map(([key, label]) => `${key}="${String(label).replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`).join(",");
      lines.push(`${name}${text ? `{${text}}` : ""} ${value}`);
    }
  };
  const { sample } = view;
  add("cutplane_agent_info", "Version and name, always 1.", [[{ version: AGENT_VERSION, node: view.nodeName }, 1]]);
  add("cutplane_agent_console_connected", "1 while the console is connected.", [[{}, view.connected ? 1 : 0]]);
  add("cutplane_node_cpu_ratio", "Share of this node's cores in use.", [[{}, sample?.cpuRatio ?? null]]);
  add("cutplane_node_memory_used_bytes", "Memory in use on this node.", [[{}, sample?.memoryUsedBytes ?? null]]);
  add("cutplane_agent_cpu_cores", "Cores used by the agent with its stages.", [[{}, sample?.agentCpuCores ?? null]]);
  add("cutplane_agent_rss_bytes", "Resident memory of the agent with its stages.", [[{}, sample?.agentRssBytes ?? null]]);
  add("cutplane_artifact_fetched_bytes", "Artifacts' bytes that came since the start, by whom from.", Object.entries(view.fetched).map(([from, bytes]) => [{ from }, bytes]));
  add("cutplane_artifact_given_bytes", "Artifacts' bytes given to other nodes since the start.", [[{}, view.givenBytes]]);
  add("cutplane_assignment_ready", "1 when the assignment is ready.", view.assignments.map((one) => [{ assignment: one.assignmentId, state: one.state }, one.state === "ready" ? 1 : 0]));
  add("cutplane_assignment_restarts", "Restarts of the stage's process.", view.assignments.map((one) => [{ assignment: one.assignmentId }, one.restarts]));
  const stages = sample?.stages ?? [];
  const stageLabels = (stage: (typeof stages)[number]) => ({ assignment: stage.assignmentId, epoch: stage.epoch });
  add("cutplane_stage_done_per_second", "Frames finished in the last second.", stages.map((stage) => [stageLabels(stage), stage.done]));
  add("cutplane_stage_queue_length", "Frames waiting.", stages.map((stage) => [stageLabels(stage), stage.queueLength]));
  add("cutplane_stage_compute_ms_p50", "Median compute time of the last second.", stages.map((stage) => [stageLabels(stage), stage.computeMsP50]));
  const ingress = sample?.ingress ?? [];
  add("cutplane_ingress_succeeded_per_second", "Requests answered in the last second.", ingress.map((one) => [{ deployment: one.deploymentId }, one.succeeded]));
  add("cutplane_ingress_failed_per_second", "Requests failed in the last second.", ingress.map((one) => [{ deployment: one.deploymentId }, one.failed]));
  add("cutplane_ingress_latency_ms_p99", "99th percentile of the last second.", ingress.map((one) => [{ deployment: one.deploymentId }, one.latencyMsP99]));
  return `${lines.join("\n")}\n`;
}
