// Owns the one process all ingress routes of this node run in: started when there is a route, or one that moved away or is unloaded, restarted with back-off when it dies, given what it
// needs from the cache. Serves no request itself.
import type { ArtifactCache } from "./artifact-cache.ts";
import { messageOf } from "./agent-error.ts";
import type { ChildMetrics } from "./child-metrics.ts";
import type { Child, StartChild } from "./child-process.ts";
import type { ChildSample } from "./metrics.ts";
import type { OtlpSettings } from "./ingress/otlp-exporter.ts";
import type { HttpTls } from "./ingress-certificate.ts";
import { givenBytes } from "./given-bytes.ts";
import { type Failure, nextFailure, STEADY_AFTER_MS } from "./next-step.ts";
import { type IngressRoute, MAX_FETCHED_FILES, MAX_MOVED_ROUTES, type MovedRoute, type Notice, type ObservedIngress } from "./protocol/control.ts";
import type { KeyCount } from "./protocol/own-key.ts";
import { MAX_UNLOADED_ROUTES, type RepositoryAnswer, type RepositoryCall, type UnloadedRoute } from "./protocol/repository-call.ts";
import type { FromIngress, LocalIngressRoute, TlsMaterial, ToIngress } from "./stage/messages.ts";

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
  /** Serve HTTPS with this; null = HTTP. Called at each start. */
  httpTls(): HttpTls | null;
  dataProxyUrl: string | null;
  otlp: OtlpSettings | null;
  sharedMemory: boolean;
  drainTimeoutMs: number;
  nowMs(): number;
  random(): number;
  notice(notice: Omit<Notice, "at">): void;
  /** What a client wants of the console; never rejects. */
  askConsole(call: RepositoryCall): Promise<RepositoryAnswer>;
  toldMetrics: ChildMetrics["told"];
  changed(): void;
  /** What its requests met in the last second is here. */
  sampled(): void;
};

/** Fetching a processor's file again after a failure. */
const FETCH_RETRY_MS = 5_000;
const KILL_AFTER_GRACE_MS = 3_000;
/** A port that was only remembered is given up after so many starts without it: its last holder may just be ending. */
const STARTS_ON_BUSY_PORT = 5;

export class IngressHost {
  readonly #options: IngressHostOptions;
  #routes: readonly IngressRoute[] = [];
  #moved: readonly MovedRoute[] = [];
  #unloaded: readonly UnloadedRoute[] = [];
  #child: Child<ToIngress> | null = null;
  #stopping = false;
  #startedAtMs = 0;
  /** Where the process listens; "" = not yet. */
  #url = "";
  #observed: ObservedIngress[] = [];
  #sample: ChildSample | null = null;
  /** Kept over the end of its process: they may not have been told yet. */
  #keyCounts: KeyCount[] = [];
  #failure: Failure | null = null;
  #lastError: { code: string; message: string } | null = null;
  #restartTimer: NodeJS.Timeout | null = null;
  #fetchTimer: NodeJS.Timeout | null = null;
  /** Raised with each new set of routes, so that fetching for old ones ends. */
  #generation = 0;
  readonly #gone: (() => void)[] = [];
  /** Paths of what was fetched, by digest. */
  readonly #paths = new Map<string, string>();
  /** Who gave what was not here, by digest. */
  readonly #given = new Map<string, Map<string | null, number>>();

  constructor(options: IngressHostOptions) {
    this.#options = options;
  }

  /** Replaces all routes. */
  set(routes: readonly IngressRoute[], moved: readonly MovedRoute[] = [], unloaded: readonly UnloadedRoute[] = []): void {
    this.#routes = routes;
    this.#moved = moved.slice(0, MAX_MOVED_ROUTES);
    this.#unloaded = unloaded.slice(0, MAX_UNLOADED_ROUTES);
    this.#cancelTimers();
    const wanted = new Set(wantedFiles(routes).map((file) => file.digest));
    for (const known of [this.#paths, this.#given]) for (const digest of known.keys()) if (!wanted.has(digest)) known.delete(digest);
    if (!this.#isNeeded()) {
      this.#failure = null;
      void this.#stopChild();
    } else if (this.#child) this.#sendRoutes();
    else this.#startLater();
    void this.#fetchFiles(this.#generation);
    this.#options.changed();
  }

  observe(): ObservedIngress[] {
    const error = this.#failure && !this.#child ? this.#failure.message : null;
    return this.#routes.map((route) => {
      const observed = this.#observed.find((one) => one.deploymentId === route.deploymentId) ?? { deploymentId: route.deploymentId, currentEpoch: null, url: this.#url, pipelines: [], verify: null, error };
      return { ...observed, fetchedFiles: this.#fetchedFiles(route) };
    });
  }

  #fetchedFiles(route: IngressRoute): NonNullable<ObservedIngress["fetchedFiles"]> {
    const digests = [...new Set(wantedFiles([route]).map((file) => file.digest))];
    return digests.flatMap((digest) => (this.#given.has(digest) ? [{ digest, from: givenBytes(this.#given.get(digest)!) }] : [])).slice(0, MAX_FETCHED_FILES);
  }

  keyCounts(): KeyCount[] {
    return this.#keyCounts;
  }

  samples(): ChildSample[] {
    return this.#sample ? [this.#sample] : [];
  }

  child(): Child<ToIngress> | null {
    return this.#child;
  }

  renewTls(tls: TlsMaterial): void {
    this.#child?.send({ type: "tls", tls });
  }

  renewHttpTls(httpTls: HttpTls): void {
    this.#child?.send({ type: "http-tls", httpTls });
  }

  /** Resolves when the process is gone. */
  stop(): Promise<void> {
    this.#routes = [];
    this.#moved = [];
    this.#unloaded = [];
    this.#cancelTimers();
    return this.#stopChild();
  }

  #isNeeded(): boolean {
    return this.#routes.length + this.#moved.length + this.#unloaded.length > 0;
  }

  #cancelTimers(): void {
    this.#generation += 1;
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    if (this.#fetchTimer) clearTimeout(this.#fetchTimer);
  }

  #startLater(): void {
    this.#restartTimer = setTimeout(() => this.#start(), Math.max(0, (this.#failure?.retryAtMs ?? 0) - this.#options.nowMs()));
  }

  #start(): void {
    if (this.#child || !this.#isNeeded()) return;
    const { host, advertiseHost, dataProxyUrl, startChild, tls, httpTls, port, nowMs } = this.#options;
    this.#stopping = false;
    this.#startedAtMs = nowMs();
    this.#lastError = null;
    this.#child = startChild<ToIngress, FromIngress>({ entry: "ingress", onMessage: (message) => this.#hear(message), onExit: (reason) => this.#ended(reason) });
    this.#child.send({ type: "start", tls: tls(), host, port: port(), httpTls: httpTls(), advertiseHost, dataProxy: dataProxyUrl, otlp: this.#options.otlp, sharedMemory: this.#options.sharedMemory });
    this.#sendRoutes();
  }

  #sendRoutes(): void {
    const pathOf = (digest: string) => this.#paths.get(digest) ?? null;
    const routes = this.#routes.map((route): LocalIngressRoute => ({
      route,
      processorPaths: Object.fromEntries(route.processorFiles.flatMap(({ name, digest }) => (pathOf(digest) ? [[name, pathOf(digest) as string]] : []))),
      parityPath: route.verify ? pathOf(route.verify.parityDigest) : null,
    }));
    this.#child?.send({ type: "routes", routes, moved: this.#moved, unloaded: this.#unloaded });
  }

  #hear(message: FromIngress): void {
    switch (message.type) {
      case "listening":
        this.#url = message.url;
        this.#failure = null;
        this.#options.onPort(message.port);
        break;
      case "failed":
        this.#lastError = { code: message.code, message: message.message };
        if ((this.#failure?.attempts ?? 0) + 1 >= STARTS_ON_BUSY_PORT) this.#options.onPort(null);
        break;
      case "observed":
        this.#observed = message.ingress;
        break;
      case "sample":
        this.#keyCounts = message.keyCounts;
        this.#sample = { ingress: message.samples, rssBytes: message.rssBytes, cpuCores: message.cpuCores };
        this.#options.sampled();
        return;
      case "notice":
        this.#options.notice(message.notice);
        return;
      case "metrics":
        this.#options.toldMetrics(message);
        return;
      case "repository":
        void this.#answer(message);
        return;
    }
    this.#options.changed();
  }

  /** To the process that asked; another one since knows nothing of it. */
  async #answer({ askId, call }: Extract<FromIngress, { type: "repository" }>): Promise<void> {
    const child = this.#child;
    const answer = await this.#options.askConsole(call);
    if (child === this.#child) child?.send({ type: "repository", askId, answer });
  }

  #ended(reason: string): void {
    const { nowMs, random, notice, changed } = this.#options;
    this.#child = null;
    this.#url = "";
    this.#sample = null;
    this.#observed = [];
    for (const resolve of this.#gone.splice(0)) resolve();
    if (!this.#stopping) {
      const error = this.#lastError ?? { code: "ingress-crashed", message: `the ingress process ${reason}` };
      const steady = nowMs() - this.#startedAtMs >= STEADY_AFTER_MS;
      this.#failure = nextFailure(steady ? null : this.#failure, error, nowMs(), random());
      notice({ level: "error", ...error });
    }
    if (this.#isNeeded()) this.#startLater();
    changed();
  }

  async #fetchFiles(generation: number): Promise<void> {
    for (const file of wantedFiles(this.#routes)) {
      if (this.#paths.has(file.digest)) continue;
      try {
        const path = await this.#options.cache.whole(file.digest, file.bytes, { onMoved: (bytes, from) => this.#gave(file.digest, bytes, from) });
        if (generation !== this.#generation) return;
        this.#paths.set(file.digest, path);
        this.#sendRoutes();
      } catch (error) {
        if (generation !== this.#generation) return;
        this.#options.notice({ level: "warn", code: "fetch-failed", message: `a file of an ingress route: ${messageOf(error)}` });
        this.#fetchTimer = setTimeout(() => void this.#fetchFiles(generation), FETCH_RETRY_MS);
        return;
      }
    }
  }

  #gave(digest: string, bytes: number, from: string | null): void {
    const given = this.#given.get(digest) ?? new Map<string | null, number>();
    this.#given.set(digest, given.set(from, (given.get(from) ?? 0) + bytes));
  }

  #stopChild(): Promise<void> {
    const child = this.#child;
    if (!child) return Promise.resolve();
    const kill = setTimeout(() => child.kill(), this.#options.drainTimeoutMs + KILL_AFTER_GRACE_MS);
    const gone = new Promise<void>((resolve) => this.#gone.push(resolve)).finally(() => clearTimeout(kill));
    if (!this.#stopping) child.send({ type: "stop", graceMs: this.#options.drainTimeoutMs });
    this.#stopping = true;
    return gone;
  }
}

function wantedFiles(routes: readonly IngressRoute[]): { digest: string; bytes: number }[] {
  return routes.flatMap((route) => [...route.processorFiles, ...(route.verify ? [{ digest: route.verify.parityDigest, bytes: route.verify.parityBytes }] : [])]);
}
