import { get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGuard } from "./guard.ts";
import { createLoginHandler } from "./login.ts";
import { createWebServer } from "./router.ts";

/** A console that demands a credential, without TLS: cookies are looked at here, not by a browser. */
let server: Server;
let url: string;
beforeAll(async () => {
  const guard = createGuard({ hosts: new Set(["127.0.0.1"]), secure: true, actorOf: async ({ cookie }) => (cookie === "cutplane_token=right" ? "api:me" : null), isKnownConsole: () => false });
  const web = createWebServer({ guard, log: pino({ level: "silent" }), certificate: null, observe() {} });
  web.doors.push(createLoginHandler(async (token) => token === "right"), async (req, res) => { res.end(`page ${req.url}`); return true; });
  server = web.outer;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }));

const WANTED = "/nodes?q=edge";
const SIGN_IN = "/login?next=%2Fnodes%3Fq%3Dedge";
/** As a browser follows a link of another site; fetch sets these headers itself. @returns the answer's body */
const comeFromAfar = (path: string) => new Promise<string>((resolve, reject) => {
  get(`${url}${path}`, { headers: { accept: "text/html", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } }, async (res) => {
    let text = `${res.statusCode} `;
    for await (const part of res) text += part;
    resolve(text);
  }).once("error", reject);
});
const page = (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { redirect: "manual", headers: { accept: "text/html", ...headers } });

test("a page without a credential leads to the sign-in, and that back to the page", async () => {
  const refused = await page(WANTED);
  expect([refused.status, refused.headers.get("location")]).toEqual([303, SIGN_IN]);
  const signIn = await page(SIGN_IN);
  expect(await signIn.text()).toContain(`action="${SIGN_IN}"`);
  // Or browsers send its form from the origin "null", which is refused.
  expect(signIn.headers.get("referrer-policy")).toBe("same-origin");
  const sent = await fetch(`${url}${SIGN_IN}`, { method: "POST", redirect: "manual", body: new URLSearchParams({ token: "right" }) });
  expect([sent.status, sent.headers.get("location")]).toEqual([303, WANTED]);
  expect(sent.headers.get("set-cookie")).toMatch(/^cutplane_token=right;.*HttpOnly.*SameSite=Strict/);
  const wrong = await fetch(`${url}${SIGN_IN}`, { method: "POST", body: new URLSearchParams({ token: "wrong" }) });
  expect(wrong.status).toBe(401);
  expect(await wrong.text()).toContain(`action="${SIGN_IN}"`);
});

test("who comes from another console's page, where browsers keep the cookie back, is asked again by a page of this one, and needs no second sign-in", async () => {
  expect(await comeFromAfar(WANTED)).toContain(`content="0;url=${SIGN_IN}"`);
  const signedIn = await page(SIGN_IN, { cookie: "cutplane_token=right" });
  expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, WANTED]);
  expect(await (await page(WANTED, { cookie: "cutplane_token=right" })).text()).toBe(`page ${WANTED}`);
  expect((await page(SIGN_IN, { cookie: "cutplane_token=wrong" })).status).toBe(200);
});
