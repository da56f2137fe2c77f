"use client";
import { useQuery } from "@tanstack/react-query";
import { ofOneReplica } from "../../server/planner/replicas/of-one-replica.ts";
import { client, type FoundPlan } from "../api.ts";
import { useDrawing, useRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { ms, perSecond } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { ChangeCost } from "./ChangeCost.tsx";
import { ComparePanel } from "./ComparePanel.tsx";
import { gapText } from "./objective-words.ts";
import { furtherOf } from "./further-of.ts";
import { ParetoPanel } from "./ParetoPanel.tsx";
import { PlanFile } from "./PlanFile.tsx";
import { ProveButton } from "./ProveButton.tsx";
import { ReplicaList } from "./ReplicaList.tsx";
import { RequestEditor } from "./RequestEditor.tsx";
import { ServedFigure } from "./ServedFigure.tsx";
import { SearchChart } from "./SearchChart.tsx";
import { applyFound, type PlanScope, useSearchProgress } from "./use-planning.ts";

/** What is asked of a plan, the search for it, what came of it, and others beside it. */
export function PlanPanel(scope: PlanScope) {
  return (
    <div className="grid gap-x-6 gap-y-4 grid-cols-[repeat(auto-fit,minmax(min(100%,17rem),1fr))]" data-testid="plan-panel">
      <RequestEditor />
      <Search scope={scope} />
      <div className="min-w-0 space-y-5"><ComparePanel {...scope} /><ParetoPanel {...scope} /></div>
    </div>
  );
}

function Search({ scope }: { scope: PlanScope }) {
  const search = useSearchProgress();
  const { operationId, found, refusals, error } = useWorkbench((state) => state.planning);
  const request = useRequest();
  const runs = operationId !== null;
  const proved = !runs && found?.origin.by === "solver" && found.origin.proved;
  return (
    <section aria-label="Search" aria-busy={runs} className="min-w-0 space-y-2">
      <h2 className="eyebrow flex items-center gap-3">Search{runs && <State tone="busy">planning</State>}</h2>
      {error !== null && error !== undefined && <Problem title="No plan was made" error={error} />}
      {refusals && <div role="alert" className="border-l-2 border-bad bg-bad-wash px-2 py-1" data-testid="plan-infeasible"><p className="font-medium">No placement keeps to all of this.</p>{refusals.map((refusal) => <p key={refusal.message}>{refusal.message} <span className="text-ink-2">{refusal.fix}</span></p>)}</div>}
      {search && !refusals ? <SearchChart search={search} objective={runs ? request.objective : (found?.request.objective ?? request.objective)} proved={proved} /> : !refusals && <p className="text-ink-2">{runs ? "Waiting for its turn." : "Press Plan it: the best plan so far and what is proved are shown here while it searches."}</p>}
      {!runs && found && <Outcome proved={proved} scope={scope} />}
      <PlanFile {...scope} />
      <p role="status" aria-live="polite" className="sr-only">{runs ? "Planning" : refusals ? "No placement keeps to all of it" : found ? `Plan found, ${gapText(proved, found.search.gap)}` : ""}</p>
    </section>
  );
}

function Outcome({ proved, scope }: { proved: boolean; scope: PlanScope }) {
  const store = useWorkbenchStore();
  const { placement } = useDrawing();
  const found = useWorkbench((state) => state.planning.found);
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  if (!found) return null;
  const { estimate } = found;
  const nameOf = (id: string | undefined) => nodes.find((node) => node.id === id)?.name ?? "one node";
  const alone = found.placement.length === 1;
  const several = (found.replicas?.length ?? 0) > 0;
  return (
    <div className="space-y-1.5" data-testid="plan-outcome">
      {alone && !several && <p className="border-l-2 border-accent bg-accent-wash px-2 py-1" data-testid="one-node-best"><b className="font-medium">{nameOf(found.placement[0]?.topologyNodeId)} alone is better than any cut</b>{proved ? ": no cut does better by what is asked." : ", as far as was searched."}</p>}
      <p className="flex flex-wrap gap-x-4">{several && <span className="text-ink-3">first replica</span>}<State tone={proved ? "ok" : "idle"}>{gapText(proved, found.search.gap)}</State><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} label="latency" /><Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} label="throughput" /><ServedFigure request={ofOneReplica(found.request, 1 + (found.replicas?.length ?? 0))} estimate={estimate} /></p>
      <ReplicaList nodes={nodes} plan={{ ...found, objective: found.request.objective, ...(found.origin.by === "solver" ? { proof: found.origin } : {}) }} />
      <p className="flex flex-wrap items-center gap-x-3"><ChangeCost placement={placement} />{placement !== found.placement && <BackToFound back={() => applyFound(store, found)} />}</p>
      <Why found={found} scope={scope} />
      <ProveButton key={JSON.stringify(found.placement)} found={found} scope={scope} />
      {found.origin.by === "solver" && found.origin.search && <p className="text-xs text-ink-3">found by {found.origin.search.foundBy}, solver {found.origin.solver}, seed <span className="num">{found.origin.search.seed}</span></p>}
    </div>
  );
}

/** What binds, the runner-up, what would help: asked once a plan, each answer a search. Until it is there, what is known without asking. */
function Why({ found, scope: { modelId, topologyId, deploymentId } }: { found: FoundPlan; scope: PlanScope }) {
  const why = useQuery({
    queryKey: ["explain", modelId, topologyId, deploymentId, found.request, found.placement, found.replicas?.map((replica) => replica.placement)], staleTime: Number.POSITIVE_INFINITY, retry: false,
    queryFn: ({ signal }) => client.plans.explain.mutate({ modelId, topologyId, ...found.request, placement: found.placement, further: furtherOf(found), ...(deploymentId ? { deploymentId } : {}) }, { signal }),
  });
  const sentences = why.data && why.data.sentences.length > 0 ? why.data.sentences : found.explanation;
  return (
    <div data-testid="plan-why" aria-busy={why.isFetching}>
      <h3 className="eyebrow mt-1 flex items-center gap-3">Why{why.isFetching && <State tone="busy">asking what would help</State>}</h3>
      <ul className="list-disc space-y-0.5 pl-4 text-ink-2">{sentences.map((text) => <li key={text}>{text}</li>)}</ul>
      {why.data?.replicas?.map((replica, index) => ({ ...replica, number: index + 1 })).map((replica) => (
        <div key={replica.number} data-testid="replica-why">
          <h4 className="mt-1 text-xs text-ink-3">Replica {replica.number}, the others as they are</h4>
          <ul className="list-disc space-y-0.5 pl-4 text-ink-2">{replica.sentences.map((text) => <li key={text}>{text}</li>)}</ul>
        </div>
      ))}
    </div>
  );
}

function BackToFound({ back }: { back: () => void }) {
  return <Button look="quiet" onClick={back} data-testid="back-to-found">Put the plan found back</Button>;
}
