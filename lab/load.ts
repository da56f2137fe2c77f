// Program: open-loop load on an ingress with every answer checked. Requests leave at their time whether or not earlier ones were answered.
//   load.ts --url http://127.0.0.1:9000 --model NAME --shape x=1,3,48,320 --rate 20 [--seconds 10] [--seed 1]     tensors, Open Inference Protocol, binary
//   load.ts --url … --model NAME --process picture.png --content-type image/png --rate 20                         raw bytes through the processor
//   load.ts --url … --model NAME --cases FILE --rate 20 --arrivals poisson --record FILE                          inputs with their right answers from a file
//   … --deadline 10000 --variants 4 --tolerance 1e-5 --key KEY
// --url may be given more than once: the next one is asked under the same name when one breaks, refuses or is silent.
// A line on standard input begins a new phase with that name, "arrivals SEED" begins the arrivals anew from that seed, "now COUNT" sends so many more at once; SIGTERM, SIGINT, "end" or --seconds ends it.
// The last line of standard output is the result: each request that was sent is equal, failed, lost or different; late are those of them that came long after the deadline. --record: a line a request, {dueMs, doneMs, outcome} in milliseconds of the epoch.
import { createWriteStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createArrivals } from "./load-arrivals.ts";
import { makeCases, makeRawCase, readCases, type LoadCase } from "./load-cases.ts";
import { createTally, type Outcome } from "./load-tally.ts";
import { createPreciseTimer, nowMs } from "./precise-timer.ts";
import { createSender, GRACE_MS, LOST_AFTER_MS } from "./load-sender.ts";

/** More than this unanswered means the system is not keeping up at all: further ones are counted as held back, not sent. */
const MAX_IN_FLIGHT = 1024;
const MAX_RATE = 100_000;

const { values } = parseArgs({
  options: {
    url: { type: "string", multiple: true }, model: { type: "string" }, shape: { type: "string", multiple: true }, process: { type: "string" }, "content-type": { type: "string", default: "image/png" },
    rate: { type: "string", default: "10" }, seconds: { type: "string" }, seed: { type: "string", default: "1" }, variants: { type: "string", default: "4" },
    arrivals: { type: "string", default: "steady" }, cases: { type: "string" }, record: { type: "string" },
    deadline: { type: "string", default: "10000" }, tolerance: { type: "string", default: "1e-5" }, key: { type: "string" },
  },
});

function fail(sentence: string): never {
  process.stderr.write(`load: ${sentence}\n`);
  process.exit(2);
}
const rate = Number(values.rate);
if (!values.url?.length || !values.model) fail("--url and --model are needed");
if (!(rate > 0 && rate <= MAX_RATE)) fail(`--rate must be from 0 to ${MAX_RATE}`);
if (values.arrivals !== "steady" && values.arrivals !== "poisson") fail("--arrivals is steady or poisson");

const deadlineMs = Number(values.deadline);
const sender = createSender({ urls: values.url, model: values.model, deadlineMs, key: values.key ?? null });
const cases: LoadCase[] = await (values.process
  ? makeRawCase(sender, readFileSync(values.process), values["content-type"])
  : values.cases ? readCases(sender, values.cases, Number(values.tolerance)) : makeCases(sender, { shapes: values.shape ?? [], seed: Number(values.seed), variants: Number(values.variants), tolerance: Number(values.tolerance) })
).catch((error: Error) => fail(error.message));

const tally = createTally(nowMs, deadlineMs + GRACE_MS);
let sent = 0;
let ending = false;
const record = values.record ? createWriteStream(values.record) : null;
const arrivals = createArrivals({ perSecond: rate, kind: values.arrivals, seed: Number(values.seed), startMs: nowMs() });
const timer = createPreciseTimer(sendDue);
process.stdout.write(`${JSON.stringify({ ready: true, cases: cases.length })}\n`);
timer.wakeAt(arrivals.dueMs());

function sendDue(): void {
  if (ending) return;
  while (arrivals.dueMs() <= nowMs()) {
    sendOne(arrivals.dueMs());
    arrivals.next();
  }
  timer.wakeAt(arrivals.dueMs());
}

function sendOne(dueMs: number): void {
  if (tally.inFlight() >= MAX_IN_FLIGHT) tally.heldBack();
  else void send(`load-${process.pid}-${sent}`, cases[sent % cases.length]!, dueMs);
  sent++;
}

/** Latency counts from when the request was due: a sender that is late itself must not look fast. */
async function send(id: string, one: LoadCase, dueMs: number): Promise<void> {
  const settle = tally.open(id, dueMs);
  const close = (outcome: Outcome) => {
    settle(outcome);
    const epochMs = (ms: number) => Math.round((performance.timeOrigin + ms) * 1000) / 1000;
    record?.write(`${JSON.stringify({ dueMs: epochMs(dueMs), doneMs: epochMs(nowMs()), outcome: outcome.kind })}\n`);
  };
  const answer = await sender.send(one, id);
  if (answer.kind === "lost") return close({ kind: "lost", detail: answer.detail });
  if (answer.status !== 200) return close({ kind: "failed", detail: `status ${answer.status} ${answer.detail}` });
  const problem = one.check(answer, id);
  close(problem === null ? { kind: "equal", id: one.answeredId(answer) ?? id } : { kind: "different", detail: problem });
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  timer.stop();
  // Each ends by itself, as lost at the latest.
  const until = nowMs() + deadlineMs + LOST_AFTER_MS + GRACE_MS;
  while (tally.inFlight() > 0 && nowMs() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise<void>((resolve) => (record ? record.end(resolve) : resolve()));
  process.stdout.write(`${JSON.stringify(tally.result())}\n`, () => process.exit(0));
}

process.on("SIGTERM", () => void end()).on("SIGINT", () => void end());
if (values.seconds) setTimeout(() => void end(), Number(values.seconds) * 1000);
createInterface({ input: process.stdin }).on("line", (line) => {
  const name = line.trim();
  const together = /^now (\d{1,3})$/.exec(name)?.[1];
  const seed = /^arrivals (\d+)$/.exec(name)?.[1];
  if (name === "end") void end();
  else if (seed) {
    arrivals.restart(Number(seed), nowMs());
    timer.wakeAt(arrivals.dueMs());
  }
  else if (together) for (let count = Number(together); count > 0 && !ending; count--) sendOne(nowMs());
  else if (name) tally.begin(name);
});
