"use client";
import { useState } from "react";
import type { ModelFull } from "../api.ts";
import { useGiveSample } from "../model/use-give-sample.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";

/** What was just answered, as the input that the model's plans are compared on. */
export function UseAsSample({ model, sent }: { model: ModelFull; sent: File | string }) {
  const give = useGiveSample(model);
  const [given, setGiven] = useState<File | string | null>(null);
  const form = model.processor ? "raw" : "tensors";
  const file = typeof sent === "string" ? new File([sent], form === "raw" ? "text.txt" : "request.json", { type: form === "raw" ? "text/plain" : "application/json" }) : sent;
  const isDone = given === sent;
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap items-center gap-3 text-xs text-ink-2">
        <Button disabled={isDone} busy={give.isPending} onClick={() => give.mutate({ file, form }, { onSuccess: () => setGiven(sent) })} data-testid="try-as-sample">Use as the model’s sample</Button>
        <span role="status">{give.isPending ? "Running the whole model on it…" : isDone ? "Plans are compared on it now." : ""}</span>
      </div>
      {give.error && <Problem title="The sample was not taken" error={give.error} />}
    </div>
  );
}
