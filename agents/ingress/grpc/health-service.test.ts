import { makeGenericClientConstructor, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendRoute } from "../../stage/testdata/test-pipeline.ts";
import { ROUTE, type ServedModel, serveModel } from "../testdata/served-model.ts";

let served: ServedModel;
beforeAll(async () => { served = await serveModel(); }, 180_000);
afterAll(() => served?.fleet.close());

// As any health probe has it, by the bytes: a name in field 1, a status in field 1.
const call = (name: string, streams: boolean) => ({ path: `/grpc.health.v1.Health/${name}`, requestStream: false, responseStream: streams, requestSerialize: (service: string) => Buffer.concat([Buffer.from([10, service.length]), Buffer.from(service)]), requestDeserialize: String, responseSerialize: () => Buffer.alloc(0), responseDeserialize: (bytes: Buffer) => (bytes.length === 0 ? 0 : bytes[1]!) });
const Health = makeGenericClientConstructor({ check: call("Check", false), watch: call("Watch", true) }, "grpc.health.v1.Health");
const [SERVING, NOT_SERVING, SERVICE_UNKNOWN] = [1, 2, 3];

test("a probe is told whether requests are served, and who watches hears of every change until the ingress stops", async () => {
  const probe = new Health(served.host, credentials.createInsecure());
  const check = (service: string) => new Promise((resolve) => probe.check!(service, (error: ServiceError | null, told: number) => resolve(error ? error.code : told)));
  const watch = (service: string) => {
    const heard: number[] = [];
    const stream = probe.watch!(service);
    stream.on("data", (told: number) => heard.push(told));
    stream.on("error", ({ code }: ServiceError) => heard.push(-code));
    return heard;
  };
  expect([await check(""), await check("inference.GRPCInferenceService"), await check("wrong.Service")]).toEqual([SERVING, SERVING, status.NOT_FOUND]);
  const [heard, unknown] = [watch(""), watch("wrong.Service")];
  await expect.poll(() => heard.length + unknown.length).toBe(2);
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, currentEpoch: null });
  await expect.poll(() => heard.at(-1)).toBe(NOT_SERVING);
  expect(await check("")).toBe(NOT_SERVING);
  sendRoute(served.ingress, [served.pipeline], ROUTE);
  await expect.poll(() => heard.at(-1)).toBe(SERVING);
  served.ingress.send({ type: "stop", graceMs: 5_000 });
  await expect.poll(() => heard).toEqual([SERVING, NOT_SERVING, SERVING, NOT_SERVING, -status.UNAVAILABLE]);
  expect(unknown).toEqual([SERVICE_UNKNOWN, -status.UNAVAILABLE]);
  probe.close();
});
