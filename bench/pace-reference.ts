// Program and function: a whole model run again and again beside what is measured, so that the machine's own pace at that moment can be told apart from an error
// of a prediction. A process of its own, with the options that stages have, one thread; counted by the processor's time, as profiles are.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { giveBack } from "../agents/stage/give-back.ts";
import { runtimeOptions } from "../agents/stage/runtime-options.ts";
import type { RequestInput } from "./prediction-requests.ts";
import { quantile } from "./quantile.ts";

type Job = { modelPath: string; inputs: RequestInput[] };
export type PaceSample = { /** Milliseconds of the epoch. */ atMs: number; /** Of the processor. */ ms: number };
export type PaceReference = {
  /** One run now. */
  sample(): Promise<PaceSample>;
  /** Runs with pauses until `stop`, which gives them. */
  watch(pauseMs: number): { stop(): Promise<PaceSample[]> };
  end(): void;
};

const WARM_RUNS = 3;

/** @throws Error when the model does not load or run */
export async function startPaceReference(bytes: Uint8Array, inputs: RequestInput[], modelPath: string): Promise<PaceReference> {
  writeFileSync(modelPath, bytes);
  const child = fork(fileURLToPath(import.meta.url), [], { execArgv: process.execArgv });
  const ended = once(child, "exit").then(() => ["the pace's reference ended"]);
  const told = async (): Promise<number> => {
    const [message] = (await Promise.race([once(child, "message"), ended])) as [unknown];
    if (typeof message !== "number") throw new Error(String(message));
    return message;
  };
  const first = told();
  child.send({ modelPath, inputs } satisfies Job);
  await first;
  const sample = async (): Promise<PaceSample> => {
    const answer = told();
    child.send("run");
    return { atMs: Date.now(), ms: await answer };
  };
  return {
    sample,
    watch(pauseMs) {
      const samples: PaceSample[] = [];
      let on = true;
      const done = (async () => {
        while (on) {
          samples.push(await sample());
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      })();
      return {
        stop: async () => {
          on = false;
          await done;
          return samples;
        },
      };
    },
    end: () => child.kill(),
  };
}

/** Median milliseconds; NaN of nothing. */
export function medianMs(samples: readonly PaceSample[]): number {
  return samples.length === 0 ? Number.NaN : quantile(samples.map((one) => one.ms), 0.5);
}

async function serve(): Promise<void> {
  process.on("disconnect", () => process.exit(0));
  let run: (() => Promise<number>) | null = null;
  process.on("message", async (message: Job | "run") => {
    try {
      if (message !== "run") {
        run = await load(message);
        for (let done = 0; done < WARM_RUNS; done++) await run();
      }
      process.send?.(await run?.());
    } catch (error) {
      process.send?.(String(error));
    }
  });
}

async function load({ modelPath, inputs }: Job): Promise<() => Promise<number>> {
  const session = await ort.InferenceSession.create(modelPath, runtimeOptions({ provider: "cpu", optimization: "all", intraOpThreads: 1 }));
  const feeds = Object.fromEntries(inputs.map(({ name, dataType, shape }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return [name, dataType === "int64" ? new ort.Tensor("int64", BigInt64Array.from({ length: count }, (_, index) => BigInt(1 + (index % 50))), shape) : new ort.Tensor("float32", Float32Array.from({ length: count }, (_, index) => Math.sin(index / 7) * Math.cos(index / 131)), shape)];
  }));
  return async () => {
    const before = process.cpuUsage();
    const outputs = await session.run(feeds);
    const { user, system } = process.cpuUsage(before);
    for (const { data } of Object.values(outputs)) if (ArrayBuffer.isView(data)) giveBack(data.buffer);
    return (user + system) / 1000;
  };
}
if (process.argv[1] === fileURLToPath(import.meta.url)) await serve();
