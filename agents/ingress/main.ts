// Owns the entry of the ingress process: messages of the agent's main process in, routes' state and samples out. Ends with its parent.
// The same file is the entry of the processors' threads.
import type { AddressInfo, Socket } from "node:net";
import { isMainThread } from "node:worker_threads";
import type { RepositoryAnswer, RepositoryCall } from "../protocol/repository-call.ts";
import type { FromIngress, ToIngress } from "../stage/messages.ts";
import { Ingress } from "./ingress.ts";
import { runProcessorWorker } from "./processor-worker.ts";
import { endWithParent } from "../end-with-parent.ts";

const SAMPLE_EVERY_MS = 1000;
const TELL_CHANGES_AFTER_MS = 20;

function runIngress(): void {
  const tell = (message: FromIngress): void => { if (process.connected) process.send!(message); };
  let ingress: Ingress | null = null;
  let changes: NodeJS.Timeout | null = null;
  let asks = 0;
  const waiting = new Map<number, (answer: RepositoryAnswer) => void>();
  let cpu = process.cpuUsage();
  let sampledAt = performance.now();

  const tellObserved = () => { if (ingress) tell({ type: "observed", ingress: ingress.observed() }); };
  const changed = () => { if (!changes) changes = setTimeout(() => { changes = null; tellObserved(); }, TELL_CHANGES_AFTER_MS); };
  const sample = () => {
    if (!ingress) return;
    const used = process.cpuUsage(cpu);
    const now = performance.now();
    const cpuCores = (used.user + used.system) / 1000 / (now - sampledAt);
    cpu = process.cpuUsage();
    sampledAt = now;
    tell({ type: "sample", samples: ingress.samples(), keyCounts: ingress.keyCounts(), rssBytes: process.memoryUsage.rss(), cpuCores });
    tellObserved();
  };

  const askConsole = (call: RepositoryCall) => new Promise<RepositoryAnswer>((resolve) => {
    const askId = ++asks;
    waiting.set(askId, resolve);
    tell({ type: "repository", askId, call });
  });
  const hear = ({ askId, answer }: Extract<ToIngress, { type: "repository" }>) => {
    waiting.get(askId)?.(answer);
    waiting.delete(askId);
  };

  const start = (message: Extract<ToIngress, { type: "start" }>) => {
    ingress = new Ingress({ ...message, changed, askConsole, notice: (notice) => tell({ type: "notice", notice: { ...notice, at: new Date().toISOString() } }) });
    const { server } = ingress;
    server.once("error", (error: NodeJS.ErrnoException) => {
      tell({ type: "failed", code: error.code ?? "listen_failed", message: error.message });
      setTimeout(() => process.exit(1), 100);
    });
    server.listen(message.port, message.host, () => {
      const { port } = server.address() as AddressInfo;
      const url = ingress!.listening(port);
      tell({ type: "listening", host: message.host, port, url });
    });
  };

  process.on("message", (message: ToIngress, handle?: unknown) => {
    if (message.type === "start") start(message);
    else if (message.type === "routes") ingress?.setRoutes(message.routes, message.moved, message.unloaded);
    else if (message.type === "repository") hear(message);
    else if (message.type === "metrics") tell({ type: "metrics", askId: message.askId, families: ingress?.metrics() ?? [] });
    else if (message.type === "tls") ingress?.renew(message.tls);
    else if (message.type === "http-tls") ingress?.renewHttp(message.httpTls);
    else if (message.type === "socket") ingress && handle ? ingress.handOver(handle as Socket) : (handle as Socket | undefined)?.destroy();
    else if (message.type === "stop") void (ingress?.stop(message.graceMs) ?? Promise.resolve()).then(() => { tell({ type: "stopped" }); setTimeout(() => process.exit(0), 50); });
  });
  setInterval(sample, SAMPLE_EVERY_MS);
  tell({ type: "booted" });
  endWithParent();
}

if (isMainThread) runIngress();
else runProcessorWorker();
