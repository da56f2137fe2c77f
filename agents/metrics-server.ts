// Owns the optional loopback listener: /metrics for Prometheus, /healthz (this process answers), /readyz (everything desired is ready).
import { createServer } from "node:http";
import type { MetricsView } from "./agent-metrics.ts";
import { EXPOSITION_TYPE } from "./exposition.ts";

export type MetricsServerOptions = { view(): Pick<MetricsView, "assignments" | "ingress">; metrics(): Promise<string> };

export function startMetricsServer(port: number, { view, metrics }: MetricsServerOptions): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((req, res) => {
    const answer = (status: number, text: string) => void res.writeHead(status, { "content-type": EXPOSITION_TYPE }).end(text);
    if (req.method !== "GET" && req.method !== "HEAD") return answer(405, "only GET\n");
    if (req.url === "/metrics") return void metrics().then((text) => answer(200, text), (error: Error) => answer(500, `${error.message}\n`));
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

function waitingFor({ assignments, ingress }: Pick<MetricsView, "assignments" | "ingress">): string[] {
  return [
    ...assignments.filter((one) => one.state !== "ready" && one.state !== "draining").map((one) => `assignment ${one.assignmentId} is ${one.state}`),
    ...ingress.filter((one) => one.error !== null || one.url === "").map((one) => `ingress of ${one.deploymentId} is not up`),
  ];
}
