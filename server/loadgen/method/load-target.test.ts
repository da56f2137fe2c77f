import { expect, test } from "vitest";
import { type UrlTarget, urlTargetProblem } from "./load-target.ts";

const problem = (change: Partial<UrlTarget>) => urlTargetProblem({ url: "http://10.0.0.7:8000", api: "oip", model: "m", ...change });

test.each<Partial<UrlTarget>>([{}, { url: "https://peer.example/v1", api: "openai-chat" }, { url: "grpc://10.0.0.7:9000" }, { url: "grpcs://[::1]:9000/" }, { url: "http://peer/prefix", shapes: { x: [1, 3] } }])("%j may be measured", (change) => {
  expect(problem(change)).toBeNull();
});

test.each<[Partial<UrlTarget>, RegExp]>([
  [{ url: "file:///etc/passwd" }, /begin with http/], [{ url: "gopher://x" }, /begin with http/], [{ url: "unix:/run/x.sock" }, /begin with http/], [{ url: "10.0.0.7:8000" }, /must be one like|begin with http/], [{ url: "" }, /must be one like/],
  [{ url: "http://me:secret@peer" }, /is kept/], [{ url: "http://peer/?api_key=secret" }, /is kept/], [{ url: "http://peer/#secret" }, /is kept/], [{ url: `http://peer/${"x".repeat(2000)}` }, /longer/],
  [{ url: "grpc://peer:9000", api: "openai-chat" }, /not spoken over gRPC/], [{ url: "grpc://peer" }, /has a port/], [{ url: "grpc://peer:9000/v2" }, /no path/], [{ model: " " }, /needs its name/], [{ api: "openai-chat", shapes: { x: [1] } }, /no shapes/],
])("%j may not", (change, words) => {
  expect(problem(change)).toMatch(words);
});
