// Owns the one process all ingress routes of this node run in: started when there is a route, restarted with back-off when it dies, given what it
// needs from the cache. Serves no request itself.
import type { ArtifactCache } from "./artifact-cache.ts";
import { messageOf } from "./agent-error.ts";
import type { Child, StartChild } from "./child-process.ts";
import type { ChildSample } from "./metrics.ts";
import { type Failure, nextFailure, STEADY_AFTER_MS } from "./next-step.ts";
import type { IngressRoute, Notice, ObservedIngress } from "./protocol/control.ts";
import type { FromIngress, LocalIngressRoute, TlsMaterial, ToIngress } from "./stage/messages.ts";

export type IngressHost = {
  set(routes: readonly IngressRoute[]): void;
  observe(): ObservedIngress[];
  samples(): ChildSample[];
  child(): Child<ToIngress> | null;
  renewTls(tls: TlsMaterial): void;
  stop(): Promise<void>;
};
export type IngressHostOptions = {
  cache: ArtifactCache;
  startChild: StartChild;
  tls(): TlsMaterial;
  host: string;
  /** The port to ask for; called at each start. */
  port(): number;
  /** The port that was got, or null when the wanted one cannot be had. */
  onPort(port: number | null): void;
  advertiseHost: string | null;
  dataProxyUrl: string | null;
  drainTimeoutMs: number;
  nowMs(): number;
  random(): number;
  notice(notice: Omit<Notice, "at">): void;
  changed(): void;
};

/** Fetching a processor's file again after a failure. */
const FETCH_RETRY_MS = 5_000;
const KILL_AFTER_GRACE_MS = 3_000;

export function createIngressHost(options: IngressHostOptions): IngressHost {
  let routes: readonly IngressRoute[] = [];
  let child: Child<ToIngress> | null = null;
  let listening = false;
  let stopping = false;
  let startedAtMs = 0;
  let url = "";
  let observed: ObservedIngress[] = [];
  let sample: ChildSample | null = null;
  let failure: Failure | null = null;
  let restartTimer: NodeJS.Timeout | null = null;
  let fetchTimer: NodeJS.Timeout | null = null;
  let lastError: { code: string; message: string } | null = null;
  let generation = 0;
  const gone: (() => void)[] = [];
  /** Paths of what was fetched, by digest. */
  const paths = new Map<string, string>();

  const start = () => {
    if (child || routes.length === 0) return;
    stopping = false;
    startedAtMs = options.nowMs();
    lastError = null;
    child = options.startChild<ToIngress, FromIngress>({ entry: "ingress", onMessage: hear, onExit: ended });
    child.send({ type: "start", tls: options.tls(), host: options.host, port: options.port(), httpTls: null, advertiseHost: options.advertiseHost, dataProxy: options.dataProxyUrl });
    sendRoutes();
  };

  const sendRoutes = () => {
    const local = routes.map((route): LocalIngressRoute => ({
      route,
      processorPaths: Object.fromEntries(route.processorFiles.flatMap((file) => (paths.has(file.digest) ? [[file.name, paths.get(file.digest) as string]] : []))),
      parityPath: route.verify ? (paths.get(route.verify.parityDigest) ?? null) : null,
    }));
    child?.send({ type: "routes", routes: local });
  };

  const hear = (message: FromIngress) => {
    if (message.type === "listening") {
      listening = true;
      url = message.url;
      failure = null;
      options.onPort(message.port);
    } else if (message.type === "failed") {
      lastError = { code: message.code, message: message.message };
      options.onPort(null);
    } else if (message.type === "observed") observed = message.ingress;
    else if (message.type === "sample") {
      sample = { ingress: message.samples, rssBytes: message.rssBytes, cpuCores: message.cpuCores };
      return;
    } else if (message.type === "notice") return options.notice(message.notice);
    options.changed();
  };

  const ended = (reason: string) => {
    child = null;
    listening = false;
    sample = null;
    observed = [];
    for (const resolve of gone.splice(0)) resolve();
    if (!stopping) {
      const error = lastError ?? { code: "ingress-crashed", message: `the ingress process ${reason}` };
      failure = nextFailure(options.nowMs() - startedAtMs >= STEADY_AFTER_MS ? null : failure, error, options.nowMs(), options.random());
      options.notice({ level: "error", code: error.code, message: error.message });
    }
    if (routes.length > 0) {
      restartTimer = setTimeout(start, stopping || !failure ? 0 : Math.max(0, failure.retryAtMs - options.nowMs()));
    }
    options.changed();
  };

  const fetchFiles = async (mine: number) => {
    const wanted = routes.flatMap((route) => [...route.processorFiles, ...(route.verify ? [{ digest: route.verify.parityDigest, bytes: route.verify.parityBytes }] : [])]);
    for (const file of wanted) {
      if (paths.has(file.digest) || mine !== generation) continue;
      try {
        paths.set(file.digest, await options.cache.whole(file.digest, file.bytes));
        if (mine === generation) sendRoutes();
      } catch (error) {
        options.notice({ level: "warn", code: "fetch-failed", message: `a file of an ingress route: ${messageOf(error)}` });
        if (mine === generation) fetchTimer = setTimeout(() => void fetchFiles(mine), FETCH_RETRY_MS);
        return;
      }
    }
  };

  const stopChild = (): Promise<void> => {
    const current = child;
    if (!current) return Promise.resolve();
    const kill = setTimeout(() => current.kill(), options.drainTimeoutMs + KILL_AFTER_GRACE_MS);
    const done = new Promise<void>((resolve) => gone.push(resolve)).finally(() => clearTimeout(kill));
    if (!stopping) current.send({ type: "stop", graceMs: options.drainTimeoutMs });
    stopping = true;
    return done;
  };

  const set = (next: readonly IngressRoute[]) => {
    routes = next;
    generation += 1;
    if (fetchTimer) clearTimeout(fetchTimer);
    const wanted = new Set(next.flatMap((route) => [...route.processorFiles.map((file) => file.digest), ...(route.verify ? [route.verify.parityDigest] : [])]));
    for (const digest of paths.keys()) if (!wanted.has(digest)) paths.delete(digest);
    if (next.length === 0) {
      if (restartTimer) clearTimeout(restartTimer);
      failure = null;
      void stopChild();
    } else if (child) sendRoutes();
    else if (!failure || failure.retryAtMs <= options.nowMs()) start();
    void fetchFiles(generation);
    options.changed();
  };

  return {
    set,
    observe: () => routes.map((route) => {
      const known = observed.find((one) => one.deploymentId === route.deploymentId);
      if (known) return known;
      const error = failure && !child ? failure.message : null;
      return { deploymentId: route.deploymentId, currentEpoch: null, url: listening ? url : "", pipelines: [], verify: null, error };
    }),
    samples: () => (sample ? [sample] : []),
    child: () => child,
    renewTls: (tls) => child?.send({ type: "tls", tls }),
    stop() {
      routes = [];
      if (restartTimer) clearTimeout(restartTimer);
      if (fetchTimer) clearTimeout(fetchTimer);
      generation += 1;
      return stopChild();
    },
  };
}
