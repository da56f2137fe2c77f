"use client";
import { Tabs } from "radix-ui";
import { lazy, type ReactNode, Suspense, useEffect, useRef } from "react";
import type { DeploymentFull } from "../api.ts";
import type { PlanScope } from "../plan/use-planning.ts";
import { useAddressParam } from "../shell/use-address-param.ts";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Replicas } from "./Replicas.tsx";
import { Spans } from "./Spans.tsx";

// Fetched when first looked at: the canvas is on the screen sooner without them.
const AdaptPanel = lazy(async () => ({ default: (await import("../adapt/AdaptPanel.tsx")).AdaptPanel }));
const AnalyzePanel = lazy(async () => ({ default: (await import("../analyze/AnalyzePanel.tsx")).AnalyzePanel }));
const PlanPanel = lazy(async () => ({ default: (await import("../plan/PlanPanel.tsx")).PlanPanel }));
const ChartsOfChosen = lazy(async () => ({ default: (await import("./ChartsOfChosen.tsx")).ChartsOfChosen }));
const DraftChanges = lazy(async () => ({ default: (await import("./DraftChanges.tsx")).DraftChanges }));
const History = lazy(async () => ({ default: (await import("./History.tsx")).History }));
const Load = lazy(async () => ({ default: (await import("./Load.tsx")).Load }));
const Entries = lazy(async () => ({ default: (await import("./Entries.tsx")).Entries }));
const Keys = lazy(async () => ({ default: (await import("./Keys.tsx")).Keys }));
const Serving = lazy(async () => ({ default: (await import("./Serving.tsx")).Serving }));
const Timeline = lazy(async () => ({ default: (await import("./Timeline.tsx")).Timeline }));
const Trace = lazy(async () => ({ default: (await import("./Trace.tsx")).Trace }));
const TryIt = lazy(async () => ({ default: (await import("./TryIt.tsx")).TryIt }));

/** Tabs with more to fill in than fits beside a large canvas. */
const TALL = new Set(["plan", "load", "analyze", "serving"]);

/** The foot of the workbench. Without a deployment there is only the draft to show. */
export function Dock({ deployment, plan }: { deployment: DeploymentFull | null; plan: PlanScope | null }) {
  const [tab, setTab] = useAddressParam("tab");
  const tabs: [string, string, ReactNode][] = [["spans", "Spans", <Spans key="s" />]];
  if (plan) tabs.push(["plan", "Plan", <PlanPanel key="p" {...plan} />]);
  if (deployment) tabs.push(["charts", "Charts", <ChartsOfChosen key="c" deployment={deployment} />], ["trace", "Trace", <Trace key="t" deployment={deployment} />], ["timeline", "Timeline", <Timeline key="l" deployment={deployment} />], ["adapt", "Adapt", <AdaptPanel key="a" deployment={deployment} />], ["try", "Try it", <TryIt key="y" deployment={deployment} />], ["load", "Load", <Load key="o" deployment={deployment} />], ["analyze", "Analyze", <AnalyzePanel key="z" deployment={deployment} />], ["serving", "Serving", <div key="v"><Replicas deployment={deployment} /><Serving deployment={deployment} /><Entries deployment={deployment} /><Keys deployment={deployment} /></div>], ["changes", "Changes", <DraftChanges key="d" />], ["history", "History", <History key="h" deployment={deployment} />]);
  const shown = tabs.find(([key]) => key === tab)?.[0] ?? "spans";
  const root = useRef<HTMLDivElement>(null);
  const asked = useRef(tab);
  // The row of tabs is wider than a small screen: which one is shown must be in sight.
  useEffect(() => { root.current?.querySelector(`[data-testid="tab-${shown}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" }); }, [shown]);
  // An address that names a tab is about that tab: on a small screen it lies below the canvas.
  useEffect(() => { if (asked.current !== null) root.current?.scrollIntoView({ block: "nearest" }); }, []);
  return (
    <Tabs.Root ref={root} value={shown} onValueChange={(next) => setTab(next === "spans" ? null : next)} className={`nokey flex ${TALL.has(shown) ? "h-96 max-h-[55vh] max-lg:h-[28rem] max-lg:max-h-none" : "h-60"} shrink-0 flex-col border-t border-line bg-panel`}>
      <Tabs.List aria-label="Details" className="flex shrink-0 overflow-x-auto border-b border-line px-1">
        {tabs.map(([key, name]) => <Tabs.Trigger key={key} value={key} data-testid={`tab-${key}`} className="h-8 border-b-2 border-transparent px-2.5 whitespace-nowrap text-ink-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink">{name}</Tabs.Trigger>)}
      </Tabs.List>
      {tabs.map(([key, name, content]) => <Tabs.Content key={key} value={key} className="min-h-0 flex-1 overflow-auto px-3 py-2"><Suspense fallback={<Skeleton label={name} rows={4} />}>{content}</Suspense></Tabs.Content>)}
    </Tabs.Root>
  );
}
