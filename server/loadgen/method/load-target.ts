// Owns of what a load run is: what may be named, and what is kept of it. A key is part of neither.

/** Which API is spoken at a URL; with grpc:// or grpcs:// it is the Open Inference Protocol's. */
export const URL_APIS = ["oip", "openai-chat", "openai-completions", "openai-embeddings"] as const;
export type UrlApi = (typeof URL_APIS)[number];
export type UrlTarget = { kind: "url"; url: string; api: UrlApi; /** As the endpoint calls it. */ model: string; /** Sizes of inputs, by name; absent = as the deployment's sample, if it has one. OpenAI's APIs take none. */ shapes?: Record<string, number[]> };
export type LoadTarget = { kind: "deployment" } | { kind: "node"; nodeId: string } | UrlTarget;
/** `nodeName`: as it was called then. `othersPerSecond`: requests a second that other deployments on the node answered meanwhile, the mean. */
export type KeptTarget = { kind: "deployment" } | { kind: "node"; nodeId: string; nodeName: string; planId: string; othersPerSecond: number } | UrlTarget;

const SCHEMES = ["http:", "https:", "grpc:", "grpcs:"];
const MAX_URL_LENGTH = 2000;

/** What is wrong with a URL's target, in a sentence; null = nothing that can be seen without calling it. */
export function urlTargetProblem({ url, api, model, shapes }: Omit<UrlTarget, "kind">): string | null {
  if (url.length > MAX_URL_LENGTH) return `The address is longer than ${MAX_URL_LENGTH} characters.`;
  if (!URL.canParse(url)) return "The address must be one like http://10.0.0.7:8000 or grpc://10.0.0.7:9000.";
  const { protocol, username, password, search, hash, pathname, port, hostname } = new URL(url);
  if (!SCHEMES.includes(protocol)) return "The address must begin with http://, https://, grpc:// or grpcs://.";
  if (hostname === "") return "The address names no host.";
  // It is kept and shown.
  if (username !== "" || password !== "" || search !== "" || hash !== "") return "The address must hold no user, password, query or fragment: it is kept. Give a key as the key.";
  const isGrpc = protocol.startsWith("grpc");
  if (isGrpc && api !== "oip") return "OpenAI’s API is not spoken over gRPC: give an http:// or https:// address.";
  if (isGrpc && (port === "" || !/^\/?$/.test(pathname))) return "A gRPC address has a port and no path: grpc://10.0.0.7:9000.";
  if (model.trim() === "") return "The model needs its name, as the endpoint calls it.";
  if (shapes && Object.keys(shapes).length > 0 && api !== "oip") return "OpenAI’s API takes texts, which have no shapes.";
  return null;
}
