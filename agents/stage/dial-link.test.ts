// What a refused connection says: nobody listens there, by the word of the machine itself, which a link that is cut or a proxy that fails does not say.
import { type AddressInfo, createServer, type Server } from "node:net";
import { createSecureContext } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { PipelineRuntime } from "../ingress/pipeline-runtime.ts";
import { BufferPool } from "./buffer-pool.ts";
import { DialLink } from "./dial-link.ts";
import { LaneRuntime } from "./lane-runtime.ts";

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

/** Says `text` to whoever comes and closes. */
async function startServer(text: string): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}
async function nobodysPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
const context = () => createSecureContext();
const end = (port: number) => ({ nodeId: "nod_x", host: "127.0.0.1", port, target: "stage:asg" as const });

function dial(port: number, dataProxy: string | null): DialLink {
  const link = new DialLink({
    end: end(port), open: { laneId: "lan", revisionId: "rev", epoch: 1, role: "stage", stageIndex: 1 }, window: 1, maxPayloadBytes: 1024, pool: new BufferPool(), context, dataProxy,
    onLinked: () => {}, onLost: () => {}, onMessage: () => {}, onControl: () => {},
  });
  closers.push(() => link.stop("done"));
  return link;
}
const tried = (link: DialLink) => expect.poll(() => link.problem).not.toBe("not dialled yet");

test("a port where nobody listens is told from one where somebody closes at once", async () => {
  const [nobody, rude] = [dial(await nobodysPort(), null), dial(await startServer(""), null)];
  await tried(nobody);
  await tried(rude);
  expect([nobody.refused, rude.refused]).toEqual([true, false]);
});

test("through a proxy it is what the proxy says of its own connection; a proxy that fails or is away says nothing of the node", async () => {
  const refusing = await startServer("HTTP/1.1 502 Bad Gateway\r\nProxy-Status: edge.example; error=connection_refused\r\n\r\n");
  const failing = await startServer("HTTP/1.1 502 Bad Gateway\r\nProxy-Status: edge.example; error=connection_timeout\r\n\r\n");
  const links = [refusing, failing, await nobodysPort()].map((port) => dial(9, `http://127.0.0.1:${port}`));
  for (const link of links) await tried(link);
  expect(links.map((link) => link.refused)).toEqual([true, false, false]);
});

test("a lane and a pipeline tell who refuses them", async () => {
  const port = await nobodysPort();
  const host = { nodeId: "nod_a", context, dataProxy: null, pool: new BufferPool(), ready: () => true, take: () => {}, cancel: () => {}, endStream: () => {}, changed: () => {} };
  const lane = new LaneRuntime({ laneId: "lan", revisionId: "rev", epoch: 1, stageIndex: 1, stageCount: 2, mode: "open", sends: [], upstream: [end(port)] } as never, { queueLength: 4, maxFrameBytes: 1024 }, host);
  const pipeline = new PipelineRuntime({ revisionId: "rev", epoch: 1, mode: "open", sends: [], last: end(port) } as never, { originId: 1, context, dataProxy: null, pool: new BufferPool(), maxAnswerBytes: 1024, onAnswer: () => {}, onError: () => {}, onBroken: () => {}, onLinked: () => {} });
  closers.push(() => { lane.stop("done"); pipeline.stop("done"); });
  await expect.poll(() => lane.observed()).toMatchObject({ upstreamLinked: false, refusedBy: ["nod_x"], unlinkedFrom: ["nod_x"] });
  await expect.poll(() => pipeline.refusedBy).toBe("nod_x");
});
