"use client";
import type { TopologyNode } from "../../server/topology/topology.ts";
import { wantAction } from "../act/act-store.ts";
import { bytes, digits, ms, percent, written } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { Button } from "../ui/Button.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Time } from "../ui/Time.tsx";
import { ConnectTo } from "./ConnectTo.tsx";
import { Choice, Field, NumberField } from "./Field.tsx";
import { saveField } from "./save-field.ts";
import { useFleetNode } from "./use-fleet.ts";
import { StandsFor } from "./StandsFor.tsx";
import { usePrediction } from "./use-prediction.ts";
import { avoidNode } from "../plan/request-edit.ts";
import { editDocument, editRequest, showConflict, useRequest, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

const TRUST = [["trusted", "trusted"], ["untrusted", "untrusted: nothing sensitive"]] as const;

export function NodeInspector({ node }: { node: TopologyNode }) {
  const store = useWorkbenchStore();
  const zones = useWorkbench((state) => state.history.present.document.zones);
  const sourceId = useWorkbench((state) => state.history.present.document.sourceId);
  const fleet = useFleetNode(node.nodeId);
  const save = (change: Partial<Omit<TopologyNode, "id">>) => saveField(store, { kind: "node", item: node }, node.name, change);
  const clash = <T,>(field: keyof TopologyNode) => (ours: T, theirs: T) => showConflict(store, { kind: "node", id: node.id, name: node.name, field, ours, theirs, kept: "theirs" });
  const request = useRequest();
  const planned = node.nodeId === null;
  const zoneGrams = zones.find((zone) => zone.id === node.zoneId)?.gramsPerKilowattHour ?? null;
  return (
    <>
      <h2 className="eyebrow mb-2">{planned ? "Planned node" : "Node"}</h2>
      <Field label="Name in this topology" value={node.name} save={(name) => save({ name: name || node.name })} clash={clash("name")} />
      <StandsFor node={node} />
      {fleet && <LiveFacts nodeId={fleet.id} />}
      {fleet && <div className="mb-3 flex flex-wrap gap-1.5">{([fleet.cordoned ? "uncordon" : "cordon", "drain"] as const).map((action) => <Button key={action} onClick={() => wantAction({ on: "node", id: fleet.id, name: fleet.name, action })}>{{ cordon: "Cordon…", uncordon: "Uncordon…", drain: "Drain…" }[action]}</Button>)}</div>}
      <Choice label="Zone" value={node.zoneId ?? ""} options={[["", "none"], ...zones.map((zone) => [zone.id, zone.name] as const)]} save={(zoneId) => save({ zoneId: zoneId || null })} />
      <NumberField label="Memory for segments" unit="GB" scale={1e-9} allowZero={false} value={node.memoryBytes} placeholder={fleet?.hardware ? `${(fleet.hardware.memoryBytes / 1e9).toFixed(2)} reported` : "no limit known"} save={(memoryBytes) => save({ memoryBytes })} clash={clash("memoryBytes")} />
      <NumberField label="Speed" unit="× reference" allowZero={false} value={node.speed} placeholder={fleet ? "from its measured profile" : "1"} save={(speed) => save({ speed })} clash={clash("speed")} />
      <NumberField label="Price" unit="per hour" value={node.pricePerHour} save={(pricePerHour) => save({ pricePerHour })} clash={clash("pricePerHour")} />
      <div className="grid grid-cols-2 gap-2"><NumberField label="Idle power" unit="W" value={node.idleWatts} save={(idleWatts) => save({ idleWatts })} clash={clash("idleWatts")} /><NumberField label="Active power" unit="W" value={node.activeWatts} save={(activeWatts) => save({ activeWatts })} clash={clash("activeWatts")} /></div>
      <NumberField label="Carbon of its power" unit="g/kWh" value={node.gramsPerKilowattHour ?? null} placeholder={zoneGrams === null ? "not known" : `${zoneGrams} in its zone`} save={(gramsPerKilowattHour) => save({ gramsPerKilowattHour })} clash={clash("gramsPerKilowattHour")} />
      <Choice label="Trust" value={node.trust} options={TRUST} save={(trust) => save({ trust: trust === "untrusted" ? "untrusted" : "trusted" })} />
      <label className="mb-3 flex items-center gap-2"><input type="checkbox" className="accent-(--accent)" checked={sourceId === node.id} onChange={(event) => editDocument(store, (document) => ({ ...document, sourceId: event.target.checked ? node.id : null }))} />Requests enter and answers leave here</label>
      <label className="mb-3 flex items-center gap-2"><input type="checkbox" className="accent-(--accent)" checked={request.avoidNodeIds?.includes(node.id) ?? false} onChange={(event) => editRequest(store, (now) => avoidNode(now, node.id, event.target.checked))} data-testid="avoid-node" />Avoid: plans put no layer here</label>
      <ConnectTo key={node.id} node={node} />
      <StageFacts node={node} />
    </>
  );
}

function LiveFacts({ nodeId }: { nodeId: string }) {
  const fleet = useFleetNode(nodeId);
  const live = useLive((state) => state.nodes[nodeId]);
  const age = useStale({ node: nodeId });
  const stale = age !== null;
  const sample = live?.sample ?? null;
  if (!fleet) return null;
  const rows: [string, React.ReactNode][] = [
    ["agent", fleet.name], ["cores", <span key="c" className="num">{fleet.hardware ? digits(fleet.hardware.cores) : "–"}</span>], ["cpu in use", <Figure key="u" figure={percent(sample?.cpuRatio)} stale={stale} />],
    ["memory in use", <Figure key="m" figure={bytes(sample?.memoryUsedBytes)} stale={stale} />], ["agent and stages", <Figure key="r" figure={bytes(sample?.agentRssBytes)} stale={stale} />], ["last seen", <Time key="t" iso={live?.lastSeenAt ?? fleet.lastSeenAt} />],
  ];
  return (
    <div className="mb-3 border-y border-line py-2">
      <StaleMark age={age} />
      <dl className="grid grid-cols-[7rem_1fr] gap-y-0.5 text-xs">{rows.map(([name, value]) => [<dt key={name} className="text-ink-3">{name}</dt>, <dd key={`${name}v`}>{value}</dd>])}</dl>
      {sample?.stages.map((stage) => (
        <p key={stage.assignmentId} className="mt-1 text-xs"><span className="text-ink-3">stage {stage.stageIndex + 1} </span><Figure figure={ms(stage.computeMsP50)} stale={stale} /><span className="text-ink-3"> p99 {written(ms(stage.computeMsP99))}, queue {stage.queueLength}</span></p>
      ))}
    </div>
  );
}

/** Predicted beside measured, for the stages the draft puts here. */
function StageFacts({ node }: { node: TopologyNode }) {
  const { draft } = usePrediction();
  const stages = draft?.estimate?.stages.filter((stage) => stage.topologyNodeId === node.id) ?? [];
  if (stages.length === 0) return null;
  return (
    <div className="mt-2 border-t border-line pt-2 text-xs">
      <h3 className="eyebrow mb-1">Draft puts here</h3>
      {stages.map((stage) => <p key={stage.from} className="flex justify-between gap-2"><span>layers {stage.from + 1}–{stage.to}</span><Figure figure={ms(stage.computeMs)} kind={predicted(stage.kind)} /><Figure figure={bytes(stage.memoryBytes)} kind="estimated" /></p>)}
    </div>
  );
}
