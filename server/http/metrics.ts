// Owns the console's own Prometheus metrics: the process, its requests. What the fleet does is in the API.
import type { IncomingMessage, ServerResponse } from "node:http";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { RequestHandler } from "../deps.ts";

export type ConsoleMetrics = { handler: RequestHandler; observe(req: IncomingMessage, res: ServerResponse): void };

/** `counts` is asked at each scrape. */
export function createMetrics(counts: Record<string, { help: string; read(): number }>): ConsoleMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "cutplane_console_" });
  const requests = new Counter({ name: "cutplane_console_requests_total", help: "Answered requests by door and status class.", labelNames: ["door", "status"], registers: [registry] });
  const seconds = new Histogram({ name: "cutplane_console_request_seconds", help: "Time to answer by door.", labelNames: ["door"], buckets: [0.005, 0.02, 0.1, 0.5, 2, 10], registers: [registry] });
  for (const [name, { help, read }] of Object.entries(counts)) {
    new Gauge({
      name: `cutplane_console_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
  return {
    async handler(req, res) {
      if (req.url !== "/metrics") return false;
      res.writeHead(200, { "content-type": registry.contentType, "cache-control": "no-store" });
      res.end(await registry.metrics());
      return true;
    },
    observe(req, res) {
      const door = doorOf(req.url ?? "/");
      const stop = seconds.startTimer({ door });
      res.once("close", () => {
        stop();
        requests.inc({ door, status: `${Math.floor(res.statusCode / 100)}xx` });
      });
    },
  };
}

/** A closed set: labels must not grow with what strangers ask for. */
function doorOf(url: string): string {
  if (url.startsWith("/trpc")) return "trpc";
  if (url.startsWith("/api/")) return "api";
  if (url.startsWith("/socket.io")) return "socket";
  if (url.startsWith("/_next/")) return "assets";
  return "other";
}
