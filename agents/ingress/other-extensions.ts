// Owns what is told of Triton's extensions that an ingress has no use for: CUDA shared memory (models run on processors here), and changing trace and log
// settings, which whoever runs the agent sets. Tools that look at them find none registered, and settings as they are.
import { Refusal } from "./refusal.ts";

const SETTINGS_ELSEWHERE = "are read here and not changed: they are set where the agent is started";

/** Throws Refusal 501, in Triton's manner (UNIMPLEMENTED over gRPC). */
export function refuseCudaMemory(): never {
  throw new Refusal(501, "unsupported", "CUDA shared memory is not among this server's extensions: send tensors as binary data, or in system shared memory");
}

/** `ratio`: of the requests whose spans go to a collector; 0 = none. Names and forms are Triton's. Throws Refusal when there is something to change. */
export function traceSettings(ratio: number, wished: object): Record<string, string | string[]> {
  if (Object.keys(wished).length > 0) throw new Refusal(501, "unsupported", `trace settings ${SETTINGS_ELSEWHERE}`);
  return { trace_level: [ratio > 0 ? "TIMESTAMPS" : "OFF"], trace_rate: String(ratio > 0 ? Math.round(1 / ratio) : 1000), trace_count: "-1", log_frequency: "0", trace_file: "", trace_mode: ratio > 0 ? "opentelemetry" : "triton" };
}

/** As above. */
export function logSettings(wished: object): Record<string, string | number | boolean> {
  if (Object.keys(wished).length > 0) throw new Refusal(501, "unsupported", `log settings ${SETTINGS_ELSEWHERE}`);
  return { log_file: "", log_info: true, log_warning: true, log_error: true, log_verbose_level: 0, log_format: "default" };
}

export type OtherCall = { takes: "GET" | "POST" | "both"; answer(wished: object): unknown };

/** Over REST; null = it is none of these calls. */
export function otherCall(path: string, traceRatio: () => number): OtherCall | null {
  const cuda = /^\/v2\/cudasharedmemory(?:\/region\/[^/]+)?\/(status|register|unregister)$/.exec(path);
  if (cuda?.[1] === "status") return { takes: "GET", answer: () => [] };
  // What is not registered is unregistered: clients begin with that to be sure.
  if (cuda?.[1] === "unregister") return { takes: "POST", answer: () => ({}) };
  if (cuda) return { takes: "POST", answer: refuseCudaMemory };
  if (path === "/v2/logging") return { takes: "both", answer: logSettings };
  if (/^\/v2\/(?:models\/[^/]+\/)?trace\/setting$/.test(path)) return { takes: "both", answer: (wished) => traceSettings(traceRatio(), wished) };
  return null;
}

/** Over gRPC, by the calls' names. */
export const OTHER_CALLS: Record<string, (request: { settings?: object }, traceRatio: number) => object> = {
  CudaSharedMemoryStatus: () => ({ regions: {} }), CudaSharedMemoryUnregister: () => ({}), CudaSharedMemoryRegister: refuseCudaMemory,
  TraceSetting: ({ settings = {} }, ratio) => ({ settings: Object.fromEntries(Object.entries(traceSettings(ratio, settings)).map(([name, value]) => [name, { value: [value].flat() }])) }),
  LogSettings: ({ settings = {} }) => ({ settings: Object.fromEntries(Object.entries(logSettings(settings)).map(([name, value]) => [name, typeof value === "boolean" ? { bool_param: value } : typeof value === "number" ? { uint32_param: value } : { string_param: value }])) }),
};
