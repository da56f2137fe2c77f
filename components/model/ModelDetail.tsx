"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { api, type ModelFull } from "../api.ts";
import { bytes, count, flops } from "../format.ts";
import { shownError } from "../shown-error.ts";
import { Button } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Figure } from "../ui/Figure.tsx";
import { Page, Section } from "../ui/Page.tsx";
import { ReadProblem } from "../ui/ReadProblem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { CutChart } from "./CutChart.tsx";
import { DeleteModel } from "./DeleteModel.tsx";
import { Layers } from "./Layers.tsx";
import { ModelName } from "./ModelName.tsx";
import { ProcessorEditor } from "./ProcessorEditor.tsx";
import { Profiles } from "./Profiles.tsx";
import { Sample } from "./Sample.tsx";
import { shapeText } from "./shape-text.ts";
import { UsedBy } from "./UsedBy.tsx";
import { usedCuts, useModelUses } from "./use-model-uses.ts";

export function ModelDetail({ modelId }: { modelId: string }) {
  const query = useQuery(api.models.get.queryOptions({ id: modelId }));
  const uses = useModelUses(modelId);
  const error = shownError(query);
  if (error) return <ReadProblem what="model" wasCalled={query.data?.name} list={{ href: "/models", name: "All models" }} error={error} retry={() => void query.refetch()} />;
  if (!query.data) return <Page title="Model"><Skeleton rows={9} label="Loading the model" /></Page>;
  const model = query.data;
  const { facts } = model;
  return (
    <Page title={model.name} heading={<ModelName model={model} />} lead={`${facts.producer ? `Made by ${facts.producer}` : "Its file names no producer"}, opset ${facts.opset.map((one) => `${one.domain || "ai.onnx"} ${one.version}`).join(", ")}, ${{ upload: "uploaded", bundled: "bundled with Cutplane", synthetic: "made for tests" }[model.origin]}`} actions={<Actions model={model} />}>
      <Totals model={model} />
      {facts.warnings.length > 0 && <Section title="Worth knowing"><ul className="list-disc space-y-1 pl-4 text-ink-2">{facts.warnings.map((text) => <li key={text}>{text}</li>)}</ul></Section>}
      <Section title="Cuts" aside={facts.cuts.length > 0 ? `${model.legalCutCount} of ${facts.cuts.length} legal; bytes that cross at each, for one request` : undefined}>
        {facts.noCutReason ? <Empty title="This model has no legal cut">{facts.noCutReason} It can still run whole on one node.</Empty> : <CutChart cuts={facts.cuts} used={usedCuts(uses)} />}
      </Section>
      <Layers model={model} />
      <Profiles model={model} />
      <Signature model={model} />
      <Sample model={model} />
      <UsedBy model={model} uses={uses} />
    </Page>
  );
}

function Actions({ model }: { model: ModelFull }) {
  const router = useRouter();
  const topologies = useQuery(api.topologies.list.queryOptions()).data ?? [];
  const first = topologies[0];
  return (
    <>
      {first && <Button look="primary" onClick={() => router.push(`/topologies/${first.id}?model=${model.id}`)}>Place it on {first.name}</Button>}
      <DeleteModel model={model} />
    </>
  );
}

function Totals({ model }: { model: ModelFull }) {
  const { facts } = model;
  const totalFlops = facts.layers.reduce((sum, layer) => sum + layer.flops, 0);
  const entries = [
    ["File", <Figure key="f" figure={bytes(facts.fileBytes)} />], ["Weights", <Figure key="w" figure={bytes(facts.weightBytes)} />], ["Parameters", <Figure key="p" figure={count(facts.parameterCount)} />],
    ["FLOPs a request", <Figure key="l" figure={flops(totalFlops)} />], ["Ops", <span key="o" className="num">{facts.opCount}</span>], ["Layers", <span key="y" className="num">{facts.layers.length}</span>], ...(facts.states.length === 0 ? [] : [["State kept", <span key="s">{facts.states.length} pair{facts.states.length === 1 ? "" : "s"}, each with its layer</span>] as const]),
  ] as const;
  return <dl className="mb-8 flex flex-wrap gap-x-8 gap-y-3">{entries.map(([name, value]) => <div key={name}><dt className="eyebrow">{name}</dt><dd className="text-lg">{value}</dd></div>)}</dl>;
}

function Signature({ model }: { model: ModelFull }) {
  const { facts, processor } = model;
  return (
    <Section title="In and out" aside={<ProcessorEditor model={model} />}>
      <div className="grid gap-6 sm:grid-cols-2">
        {([["Inputs", facts.inputs], ["Outputs", facts.outputs]] as const).map(([title, specs]) => (
          <div key={title}>
            <h3 className="eyebrow mb-1">{title}</h3>
            <ul>{specs.map((spec) => <li key={spec.name} className="num py-0.5 text-xs break-all">{spec.name} <span className="text-ink-3">{spec.dataType} {shapeText(spec.shape, {})}{spec.shape?.some((one) => typeof one === "string") && spec.shape.every((one) => typeof one === "number" || facts.dimensionValues[one] !== undefined) && ` = ${shapeText(spec.shape, facts.dimensionValues)}`}</span></li>)}</ul>
          </div>
        ))}
      </div>
      {processor && <details className="mt-3"><summary className="text-ink-2">Processor declaration</summary><pre className="num mt-1 overflow-x-auto rounded-md bg-sunken p-2 text-xs">{JSON.stringify(processor, null, 2)}</pre></details>}
    </Section>
  );
}
