import { expect, test } from "vitest";
import { explainFailure, explainMissing, explainSpace, NEEDED_BYTES } from "./explain-failure.mjs";

/** Ends of what npm, Next.js and esbuild really print. */
test.each([
  ["npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED\nnpm error FetchError: request to https://registry.example/next failed, reason: connect ECONNREFUSED 127.0.0.1:9", 1, /registry can't be reached.*HTTPS_PROXY.*npm config get registry/],
  ["npm error code EAI_AGAIN\nnpm error request to https://registry.example/x failed, reason: getaddrinfo EAI_AGAIN registry.example", 1, /can't be reached/],
  ["npm error code ERR_SOCKET_TIMEOUT\nnpm error network Socket timeout", 1, /can't be reached/],
  ["npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://registry.example/x failed, reason: self-signed certificate in certificate chain", 1, /not trusted.*NODE_EXTRA_CA_CERTS/],
  ["npm error code E407\nnpm error 407 Proxy Authentication Required", 1, /proxy demands/],
  ["npm error code E401\nnpm error Incorrect or missing password.", 1, /refused the request/],
  ["npm error code E403\nnpm error 403 403 Forbidden - GET https://registry.example/x", 1, /refused the request/],
  ["npm error code ETARGET\nnpm error notarget No matching version found for next@16.4.5.", 1, /lacks a package/],
  ["npm error code EINTEGRITY\nnpm error sha512-abc integrity checksum failed", 1, /npm cache clean/],
  ["npm error code EUSAGE\nnpm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.", 1, /do not fit together/],
  ["npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write", 228, /disk is full/],
  ["npm error [esbuild] Failed to download: ENOSPC: no space left on device, write\nnpm error permission denied", 1, /disk is full/],
  ["npm error code EDQUOT\nnpm error EDQUOT: disk quota exceeded, write", 1, /quota/],
  ["Error: EROFS: read-only file system, mkdir '/x/.build'", 1, /read-only/],
  ["npm error code EACCES\nnpm error EACCES: permission denied, mkdir '/x/node_modules'", 243, /may not be written by this user.*npm config get cache/],
  ["npm error code EBADENGINE", 1, /Node\.js 20\.19/],
  ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "SIGABRT", /out of memory/],
  ["", "SIGKILL", /out of memory/],
  ["", 137, /out of memory/],
  ["Error: EMFILE: too many open files, open 'x'", 1, /ulimit -n/],
])("%j is explained", (output, code, expected) => {
  const { message } = explainFailure("npm ci", code, output);
  expect(message).toMatch(/^`npm ci` failed \(.*\)\./);
  expect(message.split("\n")[0]).toMatch(expected);
});

test("what is not known keeps its last lines and gets no guess", () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index} of chunk e401f3`);
  expect(explainFailure("next build", 1, lines.join("\n")).message).toBe(`\`next build\` failed (1).\n${lines.slice(-12).join("\n")}`);
});

test("a program that is missing is named; npm with where it comes from", () => {
  const missing = Object.assign(new Error("spawn npm ENOENT"), { code: "ENOENT" });
  expect(explainMissing("npm", missing).message).toMatch(/npm is not installed.*comes with Node/);
  expect(explainMissing("npm", Object.assign(new Error("spawn npm EACCES"), { code: "EACCES" })).message).toContain("EACCES");
});

test("too little space is said before anything is fetched", () => {
  expect(explainSpace("/x", NEEDED_BYTES)).toBeNull();
  expect(explainSpace("/x", 60e6)).toBe("The disk of /x has 0.1 GB free, and the packages this needs take about 2 GB. Free some, or clone to another disk.");
});
