// Owns what the whole model says to raw inputs, run in this process with the same processor and not by the product's pipeline.
import type { Processor, ProcessorInput } from "../../agents/processor/processor.ts";
import { loadProcessor } from "../../agents/processor/load-processor.ts";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import { fromOrt, openSession, toOrt } from "../../server/inspect/ort-session.ts";
import { factsOf } from "../../server/inspect/testing-models.ts";
import type { AccuracyModel } from "./serve-model.ts";

/** One answer an input, in order. For models without state that answer in one step. */
export async function wholeAnswers(model: AccuracyModel, modelFile: string, inputs: readonly ProcessorInput[]): Promise<unknown[]> {
  const facts = await factsOf(modelFile);
  const processor: Processor = await loadProcessor(model.processor, new Map(model.processorFiles.map(({ name, bytes }) => [name, bytes])), facts);
  const session = await openSession(modelFile, { intraOpThreads: 1, optimization: "all", provider: "cpu" });
  try {
    const answers: unknown[] = [];
    for (const input of inputs) {
      const { steps, context } = await processor.encode(input);
      const outputs: WireTensor[][] = [];
      for (const tensors of steps) {
        const made = await session.run(Object.fromEntries(tensors.map((tensor) => [tensor.name, toOrt(tensor)])));
        outputs.push(facts.outputs.map(({ name }) => fromOrt(name, made[name] as Parameters<typeof fromOrt>[1])));
      }
      answers.push(await processor.decode(outputs, context));
    }
    return answers;
  } finally {
    await session.release();
  }
}
