// Program and function: a whole model run again and again beside what is measured, so that the machine's own pace at that moment can be told apart from an error
// of a prediction. A process of its own, with the options that stages have, one thread; counted by the processor's time, as profiles are.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { giveBack } from "../agents/stage/give-back.ts";
import { runtimeOptions } from "../agents/stage/runtime-options.ts";
import { type RequestInput, valuesOf } from "./prediction-requests.ts";

type Job = { modelPath: string; inputs: RequestInput[] };
export type PaceReference = {
  /** One run now: milliseconds of the processor. */
  sample(): Promise<number>;
  /** Runs with pauses until `stop`, which gives them. */
  watch(pauseMs: number): { stop(): Promise<number[]> };
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
  const sample = (): Promise<number> => {
    const answer = told();
    child.send("run");
    return answer;
  };
  return {
    sample,
    watch(pauseMs) {
      const samples: number[] = [];
      let on = true;
      const done = (async () => {
        while (on) {
          samples.push(await sample());
          await sleep(pauseMs);
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
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, new ort.Tensor(input.dataType as "float32", valuesOf(input) as Float32Array, input.shape)]));
  return async () => {
    const before = process.cpuUsage();
    const outputs = await session.run(feeds);
    const { user, system } = process.cpuUsage(before);
    for (const { data } of Object.values(outputs)) if (ArrayBuffer.isView(data)) giveBack(data.buffer);
    return (user + system) / 1000;
  };
}
if (process.argv[1] === fileURLToPath(import.meta.url)) await serve();
