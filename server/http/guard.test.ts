import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { createGuard } from "./guard.ts";

const request = (url: string, headers: Record<string, string>, method = "GET") => ({ url, headers, method }) as unknown as IncomingMessage;
const open = createGuard({ hosts: new Set(["localhost", "127.0.0.1", "::1"]), secure: false, actorOf: async () => "console", isKnownConsole: (origin) => origin === "http://localhost:7701" });
const closed = createGuard({ hosts: new Set(["console.example"]), secure: true, actorOf: async (headers) => (headers.authorization === "Bearer right" ? "api:me" : null), isKnownConsole: (origin) => origin === "https://other.example" });
const statusOf = async (verdict: ReturnType<typeof open>) => {
  const answer = await verdict;
  return answer.ok ? 200 : answer.status;
};

test.each([
  ["its own address", { host: "127.0.0.1:7700" }, 200],
  ["a name for this machine", { host: "LOCALHOST:7700" }, 200],
  ["an IPv6 address", { host: "[::1]:7700" }, 200],
  ["a foreign name that resolves here", { host: "evil.example:7700" }, 421],
  ["no name", {}, 421],
  ["its own page", { host: "localhost:7700", origin: "http://localhost:7700" }, 200],
  ["a page of another port", { host: "localhost:7700", origin: "http://localhost:8000" }, 403],
  ["a page of another site", { host: "localhost:7700", origin: "https://evil.example" }, 403],
  ["a sandboxed page", { host: "localhost:7700", origin: "null" }, 403],
  ["a picture tag of another site", { host: "localhost:7700", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, 403],
  ["a link of another site", { host: "localhost:7700", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, 200],
])("on loopback: %s", async (_name, headers, status) => {
  expect(await statusOf(open(request("/api/v1/models", headers as Record<string, string>)))).toBe(status);
});

test.each([
  ["/api/v1/models", {}, 401],
  ["/api/v1/models", { authorization: "Bearer wrong" }, 401],
  ["/api/v1/models", { authorization: "Bearer right" }, 200],
  ["/", {}, 401],
  ["/metrics", {}, 401],
  ["/metrics/targets", {}, 401],
  ["/metrics/nodes/nod_1", {}, 401],
  ["/metrics/nodes/nod_1", { authorization: "Bearer right" }, 200],
  ["/socket.io/?transport=polling", {}, 401],
  ["/healthz", {}, 200],
  ["/login", {}, 200],
  ["/install.sh", {}, 200],
  ["/agent-endpoint.json", {}, 200],
  ["/login/../metrics", {}, 401],
  ["//healthz", {}, 401],
])("beyond loopback: %s with %o", async (url, headers, status) => {
  expect(await statusOf(closed(request(url, { host: "console.example", ...headers } as Record<string, string>)))).toBe(status);
});

test.each([
  ["GET", "/healthz", "https://other.example", 200],
  ["GET", "/healthz", "https://evil.example", 403],
  ["POST", "/healthz", "https://other.example", 403],
  ["GET", "/healthz?x", "https://other.example", 403],
  ["GET", "/readyz", "https://other.example", 403],
  ["GET", "/api/v1/models", "https://other.example", 403],
  ["GET", "/socket.io/?transport=websocket", "https://other.example", 403],
])("a page of another console may ask whether this one lives, and nothing else: %s %s from %s", async (method, url, origin, status) => {
  expect(await statusOf(closed(request(url, { host: "console.example", origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", authorization: "Bearer right" }, method)))).toBe(status);
});
