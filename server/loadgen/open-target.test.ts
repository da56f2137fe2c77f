// What a target may be called by, and that its key stays out of what it says.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Answer } from "./issue-queries.ts";
import { openTarget } from "./open-target.ts";
import { parseOptions } from "./parse-options.ts";
import { hideKey } from "./targets/hide-key.ts";
import { isLinkLocal, lookupElsewhere } from "./targets/link-local.ts";
import { madeUpTensor } from "./targets/made-up-tensor.ts";
import type { DataRow } from "./targets/read-data.ts";

const KEY = "sk-very-secret-key";
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const open = (url: string, ...options: string[]) => openTarget(parseOptions(["--scenario", "SingleStream", "--target", url, "--model", "m", "--no-link-local", ...options], KEY).target, { data: null, raw: [] });

async function serve(answer: (url: string, authorization: string) => { status: number; body: string; location?: string }): Promise<string> {
  const server = createServer((req, res) => {
    const { status, body, location } = answer(req.url ?? "", req.headers.authorization ?? "");
    res.writeHead(status, location === undefined ? {} : { location }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each(["http://169.254.169.254/", "http://0xa9fea9fe/", "http://2852039166/v1", "http://[fe80::1]:80", "http://[::ffff:169.254.169.254]", "grpc://169.254.169.254:9000", "grpc://0xa9fea9fe:9000", "grpcs://[fd00:ec2::254]:443"])("%s is not called", async (url) => {
  await expect(open(url)).rejects.toThrow("is a link-local address, which is not called");
});

test("a name is looked up as ever, one address or all of them; what is none of them is refused", async () => {
  const found = await new Promise((resolve) => lookupElsewhere("localhost", { all: true }, (_error, addresses) => resolve(addresses)));
  expect(found).toContainEqual({ address: "127.0.0.1", family: 4 });
  const one = await new Promise((resolve) => lookupElsewhere("localhost", { family: 4 }, (_error, address) => resolve(address)));
  expect(one).toBe("127.0.0.1");
  const refused = await new Promise<Error | null>((resolve) => lookupElsewhere("169.254.1.1", {}, (error) => resolve(error)));
  expect(refused?.message).toContain("link-local address 169.254.1.1");
  expect(["10.0.0.1", "127.0.0.1", "::1", "example.org"].map(isLinkLocal)).toEqual([false, false, false, false]);
});

test("an endpoint that repeats the key, whole or cut off, does not bring it into what is said of it", async () => {
  const url = await serve((_url, authorization) => ({ status: 401, body: `Incorrect API key provided: ${authorization}` }));
  const told = await open(url).catch((error: Error) => error.message);
  expect(told).toContain("status 401: Incorrect API key provided: Bearer [key]");
  const target = await open(`${url}/v1`, "--api", "openai-embeddings");
  target.load([0]);
  const answer = await new Promise<{ ok: boolean; problem?: string }>((resolve) => target.send(0, resolve));
  target.close();
  expect(answer).toMatchObject({ ok: false, problem: expect.stringContaining("Bearer [key]") });
  expect(hideKey(`… ${KEY.slice(0, 9)}`, KEY)).toBe("… [key]");
  expect(hideKey("as it was", "")).toBe("as it was");
});

test("an answer that is graded is kept: one that repeats the key is none", async () => {
  const url = await serve((_url, authorization) => ({ status: 200, body: JSON.stringify({ data: [{ embedding: [1] }], model: authorization }) }));
  const ask = async (data: DataRow[]) => {
    const target = await openTarget(parseOptions(["--scenario", "SingleStream", "--target", `${url}/v1`, "--model", "m", "--api", "openai-embeddings"], KEY).target, { data, raw: [] });
    target.load([0]);
    const answer = await new Promise<Answer>((resolve) => target.send(0, resolve));
    target.close();
    return answer;
  };
  expect(await ask([{ request: { input: "a" }, label: "b" }])).toEqual({ ok: false, problem: "the answer repeats the key that it was asked with" });
  expect(await ask([{ request: { input: "a" } }])).toMatchObject({ ok: true });
});

test("who sends elsewhere is not followed: the key goes to the address that was given and to no other", async () => {
  const heard: string[] = [];
  const other = await serve((path, authorization) => { heard.push(`${path} ${authorization}`); return { status: 200, body: "{}" }; });
  const url = await serve((path) => ({ status: 307, body: "", location: `${other}${path}` }));
  await expect(open(url)).rejects.toThrow("status 307");
  expect(heard).toEqual([]);
});

test.each([["FP32", [2 ** 40]], ["BYTES", [2 ** 40]], ["UINT8", [2 ** 31, 2 ** 31]]])("an endpoint that declares %s of %j is refused before anything is made", (datatype, shape) => {
  expect(() => madeUpTensor({ name: "x", datatype, shape }, 0)).toThrow(/is larger than the 512 MiB/);
});
