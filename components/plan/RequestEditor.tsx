"use client";
import { X } from "lucide-react";
import { MAX_REPLICAS } from "../../server/planner/plan-request.ts";
import { layersText } from "../format.ts";
import { Choice, NumberField } from "../canvas/Field.tsx";
import { editRequest, useRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { AddApart } from "./AddApart.tsx";
import { askedWords, quantileOptions, USUAL_QUANTILE } from "./slo-words.ts";
import { avoidNode, pinLayers, setRequest } from "./request-edit.ts";

/** Of an open deployment nothing chosen keeps as many as run. */
const REPLICAS: [string, string][] = [["", "not said: one, or as run"], ["1", "one"], ...Array.from({ length: MAX_REPLICAS - 1 }, (_, index): [string, string] => [String(index + 2), `${index + 2}, apart if possible`]), ["as-needed", "as few as carry the demand"]];

/** Objective and constraints in one place. Pins are made at the layers, avoided nodes and trust at the nodes and links; here they are read and taken back. */
export function RequestEditor() {
  const store = useWorkbenchStore();
  const request = useRequest();
  const change = (fields: Parameters<typeof setRequest>[1]) => editRequest(store, (now) => setRequest(now, fields));
  const weights = request.weights ?? { latencyMs: 1, joules: 0, money: 0, grams: 0 };
  return (
    <section aria-label="What is asked" className="min-w-0" data-testid="request-editor">
      <h2 className="eyebrow mb-1.5">What is asked</h2>
      {request.objective === "mix" && (
        <fieldset className="mb-1 grid grid-cols-2 gap-x-3"><legend className="mb-1 text-xs text-ink-2">What one unit of each counts</legend>
          {([["latencyMs", "Latency", "per ms"], ["joules", "Energy", "per J"], ["money", "Money", "per unit"], ["grams", "Carbon", "per g"]] as const).map(([key, label, unit]) => <NumberField key={key} label={label} unit={unit} value={weights[key]} save={(value) => change({ weights: { ...weights, [key]: value ?? 0 } })} />)}
        </fieldset>
      )}
      <div className="grid grid-cols-2 gap-x-3">
        <NumberField label="Must carry" unit="req/s" allowZero={false} value={request.demandPerSecond ?? null} placeholder="any" save={(value) => change({ demandPerSecond: value ?? undefined })} />
        <NumberField label="Latency at most" unit="ms" allowZero={false} value={request.slo?.latencyMs ?? null} placeholder="any" save={(value) => change({ slo: value === null ? undefined : { quantile: request.slo?.quantile ?? USUAL_QUANTILE, latencyMs: value } })} />
        {request.slo && <Choice label="For this share of them" value={String(request.slo.quantile)} options={quantileOptions(request.slo.quantile)} save={(value) => change({ slo: request.slo && { ...request.slo, quantile: Number(value) } })} />}
        <Choice label="Replicas, whole pipelines" value={String(request.replicas ?? "")} options={REPLICAS} save={(value) => change({ replicas: value === "" ? undefined : value === "as-needed" ? value : Number(value) })} />
        <NumberField label="Most stages" unit="" allowZero={false} value={request.maxStages ?? null} placeholder="any" save={(value) => change({ maxStages: value === null ? undefined : Math.max(1, Math.min(64, Math.round(value))) })} />
        <NumberField label="Moving pays off within" unit="s" allowZero={false} value={request.movingHorizonSeconds ?? null} placeholder="not counted" save={(value) => change({ movingHorizonSeconds: value ?? undefined })} />
      </div>
      <p className="mb-1.5 text-xs text-ink-2" data-testid="asked-words">{askedWords(request)}</p>
      <Check label="Only nodes that could run it now" checked={request.forDeploy ?? false} set={(on) => change({ forDeploy: on || undefined })} />
      <Check label="A node may serve several stages" checked={request.severalPerNode ?? false} set={(on) => change({ severalPerNode: on || undefined })} />
      <Check label="One thread a stage, whatever the cores" checked={request.defaultModeOnly ?? false} set={(on) => change({ defaultModeOnly: on || undefined })} />
      <Check label="Nodes hold what runs and the new plan at once, as while moving" checked={request.bothLoaded ?? false} set={(on) => change({ bothLoaded: on || undefined })} />
      <SensitiveInputs />
      <Zones />
      <Rules />
      <AddApart />
    </section>
  );
}

function Check({ label, checked, set }: { label: string; checked: boolean; set: (on: boolean) => void }) {
  return <label className="flex min-h-6.5 items-center gap-2"><input type="checkbox" className="accent-(--accent)" checked={checked} onChange={(event) => set(event.target.checked)} />{label}</label>;
}

/** Trust, painted on the model's inputs: what is made from a sensitive one stays on trusted nodes and links. */
function SensitiveInputs() {
  const store = useWorkbenchStore();
  const request = useRequest();
  const inputs = useWorkbench((state) => state.problem?.flow?.inputs);
  if (!inputs || inputs.length === 0) return null;
  const sensitive = request.sensitiveInputs ?? inputs;
  const toggle = (name: string, on: boolean) => {
    const next = inputs.filter((input) => (input === name ? on : sensitive.includes(input)));
    editRequest(store, (now) => setRequest(now, { sensitiveInputs: next.length === inputs.length ? undefined : next }));
  };
  return (
    <fieldset className="mt-2"><legend className="mb-0.5 text-xs text-ink-2">Sensitive: only trusted nodes and links see it, or what is made from it</legend>
      {inputs.map((name) => <Check key={name} label={`input ${name}`} checked={sensitive.includes(name)} set={(on) => toggle(name, on)} />)}
    </fieldset>
  );
}

function Zones() {
  const store = useWorkbenchStore();
  const request = useRequest();
  const zones = useWorkbench((state) => state.history.present.document.zones);
  if (zones.length === 0) return null;
  const allowed = request.zoneIds ?? zones.map((zone) => zone.id);
  const toggle = (id: string, on: boolean) => {
    const next = zones.map((zone) => zone.id).filter((zone) => (zone === id ? on : allowed.includes(zone)));
    // All zones also means nodes of none.
    editRequest(store, (now) => setRequest(now, { zoneIds: next.length === zones.length ? undefined : next }));
  };
  return (
    <fieldset className="mt-2"><legend className="mb-0.5 text-xs text-ink-2">Zones it may use</legend>
      {zones.map((zone) => <Check key={zone.id} label={zone.name} checked={allowed.includes(zone.id)} set={(on) => toggle(zone.id, on)} />)}
    </fieldset>
  );
}

/** Pins, avoided nodes and layers apart, each with the way to take it back. */
function Rules() {
  const store = useWorkbenchStore();
  const request = useRequest();
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  const { pins = [], avoidNodeIds = [], apart = [] } = request;
  const drop = (label: string, take: () => void) => <IconButton label={label} className="size-5!" onClick={take}><X size={12} /></IconButton>;
  return (
    <div className="mt-2">
      <h3 className="mb-0.5 text-xs text-ink-2">Rules</h3>
      {pins.length + avoidNodeIds.length + apart.length === 0 && <p className="text-xs text-ink-3">None. Choose layers and “Keep here”, or a node and “Avoid”.</p>}
      <ul data-testid="rules">
        {pins.map((pin) => <li key={`p${pin.from}`} className="flex items-center gap-1"><span className="min-w-0 flex-1">{layersText(pin)} stay on {nameOf(pin.topologyNodeId)}</span>{drop(`Let ${layersText(pin)} go`, () => editRequest(store, (now) => pinLayers(now, pin, null)))}</li>)}
        {avoidNodeIds.map((id) => <li key={`a${id}`} className="flex items-center gap-1"><span className="min-w-0 flex-1">{nameOf(id)} is avoided</span>{drop(`Allow ${nameOf(id)}`, () => editRequest(store, (now) => avoidNode(now, id, false)))}</li>)}
        {apart.map((rule, index) => <li key={`${rule.first.from}-${rule.second.from}-${rule.within}`} className="flex items-center gap-1"><span className="min-w-0 flex-1">{layersText(rule.first)} and {layersText(rule.second)} share no {rule.within}</span>{drop("Let them meet", () => editRequest(store, (now) => setRequest(now, { apart: apart.filter((_, other) => other !== index) })))}</li>)}
      </ul>
    </div>
  );
}
