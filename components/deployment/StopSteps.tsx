"use client";
import { useMutation } from "@tanstack/react-query";
import { api, type DeploymentFull, queryClient } from "../api.ts";
import { layersText } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { toldProblem } from "../ui/notices.ts";
import { State, type Tone } from "../ui/State.tsx";

const STEPS = ["drain", "retire"] as const;
const WORDS: Record<(typeof STEPS)[number], string> = { drain: "requests in flight finish", retire: "segments are unloaded" };
type Stopping = NonNullable<DeploymentFull["stopping"]>;
const TONES: Record<Stopping["stages"][number]["state"], Tone> = { drains: "busy", unloads: "busy", unloaded: "ok", unknown: "warn" };

/** The stop under way: its two steps, and how far each node is. It can be cancelled while requests finish. */
export function StopSteps({ deployment }: { deployment: DeploymentFull }) {
  const { stopping } = deployment;
  const cancel = useMutation(api.operations.cancel.mutationOptions({ onError: (error) => toldProblem("Cancelling the stop", error), onSettled: () => void queryClient.invalidateQueries() }));
  if (!stopping) return null;
  const at = STEPS.indexOf(stopping.step);
  return (
    <section aria-label="Stop" data-testid="stopping" data-step={stopping.step} className="shrink-0 border-b border-line bg-panel px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <ol className="flex flex-wrap gap-x-3 gap-y-1" aria-label="Steps">
          {STEPS.map((step, index) => <li key={step} data-testid="stop-step" data-step={step} title={WORDS[step]} aria-current={index === at ? "step" : undefined}><State tone={index < at ? "ok" : index === at ? "busy" : "idle"}>{step}</State></li>)}
        </ol>
        <span className="text-xs text-ink-2" role="status">{stopping.detail}</span>
        <Button className="ml-auto" disabled={!stopping.cancellable} busy={cancel.isPending} title={stopping.cancellable ? "It goes on serving" : "Too late: start it again once it has stopped"} onClick={() => cancel.mutate({ id: stopping.operationId })} data-testid="cancel-stop">Cancel</Button>
      </div>
      <ul className="mt-2 grid gap-x-6 gap-y-1 sm:grid-cols-2 lg:grid-cols-3">
        {stopping.stages.map((stage) => (
          <li key={stage.assignmentId} data-testid="stop-node" data-state={stage.state} className="flex justify-between gap-2 text-xs">
            <span className="truncate font-medium">{stage.nodeName}</span>
            <span className="truncate text-ink-3">{layersText(stage)}</span>
            <State tone={TONES[stage.state]}>{stage.state === "drains" && stage.inFlight > 0 ? <><span className="num">{stage.inFlight}</span> in flight</> : stage.state}</State>
          </li>
        ))}
      </ul>
    </section>
  );
}
