"use client";
import { useMutation } from "@tanstack/react-query";
import { type AdaptDecision, api, type DeploymentFull } from "../api.ts";
import { bytes, ms, percent, perSecond } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Figure } from "../ui/Figure.tsx";
import { toldProblem } from "../ui/notices.ts";
import { batchText } from "./batch-text.ts";

/** One click accepts; the server looks again before it moves anything. */
export function Suggestion({ deployment, decision }: { deployment: DeploymentFull; decision: AdaptDecision }) {
  const accept = useMutation(api.deployments.acceptSuggestion.mutationOptions({ onError: (error) => toldProblem("Accepting the suggestion", error), onSettled: (_, __, ___, ____, { client }) => client.invalidateQueries(api.deployments.pathFilter()) }));
  const chosen = decision.alternatives[decision.chosen ?? -1];
  return (
    <section aria-label="Suggestion" className="flex flex-wrap items-center gap-x-5 gap-y-1 rounded-md border border-line-strong bg-raised px-3 py-2" data-testid="adapt-suggestion">
      <span className="min-w-60 flex-1">{decision.reason}</span>
      {chosen?.admitPerSecond != null && <span className="text-ink-2">lets <Figure figure={perSecond(chosen.admitPerSecond)} /> in</span>}
      {chosen?.batch && <span className="text-ink-2">{batchText(chosen.batch)}{decision.predictedGain !== null && <>, saves <Figure figure={percent(decision.predictedGain)} kind="predicted" /> of the time per item</>}</span>}
      {chosen && chosen.admitPerSecond === undefined && chosen.batch === undefined && <span className="text-ink-2">{decision.predictedGain !== null && <>saves <Figure figure={percent(decision.predictedGain)} kind="predicted" />, </>}{chosen.carriesPerSecond !== undefined && <>carries <Figure figure={perSecond(chosen.carriesPerSecond)} kind="predicted" />, </>}moves <Figure figure={bytes(chosen.bytes)} kind="predicted" />, takes about <Figure figure={ms(chosen.seconds * 1000)} kind="estimated" /></span>}
      <Button look="primary" busy={accept.isPending} onClick={() => accept.mutate({ id: deployment.id, decisionId: decision.id })} data-testid="adapt-accept">{chosen?.kind === "add" ? "Accept and add" : chosen?.kind === "drop" ? "Accept and drop" : chosen?.kind === "tune" ? "Accept and tune" : chosen?.kind === "shed" ? "Accept and shed" : chosen?.kind === "batch" ? "Accept and join" : "Accept and move"}</Button>
    </section>
  );
}
