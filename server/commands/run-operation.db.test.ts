import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { AppError } from "../errors.ts";
import type { OperationProgress } from "../events/catalogue.ts";
import { createPublisher } from "../events/publish.ts";
import type { OperationKind } from "../store/operations.ts";
import type { Deps } from "./deps.ts";
import { abortOperation, beginOperation, endInterruptedOperations, endOperation, listenProgress, runOperation, waitForOperation } from "./run-operation.ts";

const database = withTestDatabase();
let deps: Deps;
beforeEach(() => {
  deps = { db: database.db, clock: systemClock, log: pino({ level: "silent" }), publisher: createPublisher(database.db, systemClock), dataFolder: "", wake: () => {} };
});
const input = { kind: "check-parity" as const, subjectId: "pln_1", actor: "test" };

test("work that ends well is a succeeded operation with its result", async () => {
  const { operation, done } = await runOperation(deps, input, async ({ operationId }) => ({ operationId }));
  expect(operation).toMatchObject({ status: "running", createdBy: "test" });
  expect(await done).toMatchObject({ status: "succeeded", result: { operationId: operation.id }, error: null });
});

test("an operational error is told, any other one is not", async () => {
  const told = await runOperation(deps, input, async () => {
    throw new AppError("model-refused", "It is broken.", { fix: "Mend it." });
  });
  expect(await told.done).toMatchObject({ status: "failed", error: { code: "model-refused", message: "It is broken.", fix: "Mend it." } });
  const hidden = await runOperation(deps, input, async () => {
    throw new Error("secret path /home/someone/x");
  });
  const ended = await hidden.done;
  expect(ended).toMatchObject({ status: "failed", error: { code: "internal" } });
  expect(JSON.stringify(ended)).not.toContain("secret");
});

test("the same idempotency key gives the first operation and runs nothing", async () => {
  let runs = 0;
  const work = async () => ++runs;
  const first = await runOperation(deps, { ...input, idempotencyKey: "key-number-1" }, work);
  const second = await runOperation(deps, { ...input, idempotencyKey: "key-number-1" }, work);
  expect(second.operation.id).toBe(first.operation.id);
  expect((await second.done).id).toBe(first.operation.id);
  await first.done;
  expect(runs).toBe(1);
});

test("a cancel aborts the work; one who waits hears at once", async () => {
  const { operation, done } = await runOperation(deps, input, ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  const waiting = waitForOperation(deps, operation.id, 60);
  expect(abortOperation(operation.id)).toBe(true);
  expect(await waiting).toMatchObject({ status: "cancelled" });
  await done;
  expect(abortOperation(operation.id)).toBe(false);
});

test("progress is coalesced, and the last step stays in the row", async () => {
  const heard: OperationProgress[] = [];
  const stop = listenProgress((progress) => heard.push(progress));
  const { operation, done } = await runOperation(deps, input, async ({ progress }) => {
    for (let step = 1; step <= 1000; step++) progress({ step: "counting", done: step, total: 1000, unit: "items" });
  });
  expect(await done).toMatchObject({ progress: { step: "counting", done: 1000, total: 1000 } });
  stop();
  const own = heard.filter((progress) => progress.operationId === operation.id);
  expect(own.length).toBeGreaterThan(0);
  expect(own.length).toBeLessThan(5);
});

test("an operation driven from rows ends once; the first outcome stands", async () => {
  const operation = await deps.publisher.transact((tx, append) => beginOperation(deps, tx, append, { ...input, kind: "move" }));
  const end = (result: string) => deps.publisher.transact((tx, append) => endOperation(deps, tx, append, operation.id, { status: "succeeded", result }, "control"));
  expect(await end("first")).toMatchObject({ status: "succeeded", result: "first" });
  expect(await end("second")).toBeNull();
  expect(await waitForOperation(deps, operation.id, 0)).toMatchObject({ result: "first" });
});

test("at a start, what ran in the process before is interrupted; what its rows carry goes on", async () => {
  await database.clear();
  const begin = (kind: OperationKind) => deps.publisher.transact((tx, append) => beginOperation(deps, tx, append, { ...input, kind }));
  const begun = [];
  for (const kind of ["import-model", "check-parity", "profile-model", "deploy", "move", "stop"] as const) begun.push(await begin(kind));
  expect((await endInterruptedOperations(deps)).map((operation) => operation.kind).sort()).toEqual(["check-parity", "import-model"]);
  const after = await Promise.all(begun.map(async ({ id, kind }) => [kind, (await waitForOperation(deps, id, 0)).status]));
  expect(Object.fromEntries(after)).toEqual({ "import-model": "failed", "check-parity": "failed", "profile-model": "running", deploy: "running", move: "running", stop: "running" });
});

test("the last step before a long silence is in the row while the work goes on", async () => {
  let finish: () => void = () => undefined;
  const { operation, done } = await runOperation(deps, input, async ({ progress }) => {
    progress({ step: "receiving" });
    progress({ step: "analysing" });
    await new Promise<void>((resolve) => { finish = resolve; });
  });
  await expect.poll(async () => (await deps.db.operation.findUnique({ where: { id: operation.id } }))?.progress, { timeout: 10_000 }).toMatchObject({ step: "analysing" });
  finish();
  await done;
});
