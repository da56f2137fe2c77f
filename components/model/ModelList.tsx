"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { api, type ModelRow } from "../api.ts";
import { bytes, count } from "../format.ts";
import { shownError } from "../shown-error.ts";
import { Empty } from "../ui/Empty.tsx";
import { Figure } from "../ui/Figure.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Time } from "../ui/Time.tsx";
import { UploadModel } from "./UploadModel.tsx";

export function ModelList() {
  const models = useQuery(api.models.list.queryOptions());
  return (
    <Page title="Models" lead="An imported ONNX file, its layers, and every place where it may be cut.">
      <UploadModel />
      {models.isPending && <Skeleton label="Loading models" />}
      {shownError(models) !== null && <Problem title="The models could not be listed" error={models.error} retry={() => void models.refetch()} />}
      {models.data?.length === 0 && <Empty title="No model yet">Drop an ONNX file above. Its layers, costs and legal cuts are worked out in seconds; nothing leaves this machine.</Empty>}
      {models.data && models.data.length > 0 && <ModelTable models={models.data} />}
    </Page>
  );
}

function ModelTable({ models }: { models: ModelRow[] }) {
  return (
    <div className="overflow-x-auto">
      <table className="rowed w-full">
        <thead><tr><th>Name</th><th>Size</th><th>Layers</th><th className="max-sm:hidden">Ops</th><th className="max-sm:hidden">Parameters</th><th>Legal cuts</th><th className="max-sm:hidden">Takes</th><th className="max-sm:hidden">Origin</th><th className="max-sm:hidden">Imported</th></tr></thead>
        <tbody>
          {models.map((model) => (
            <tr key={model.id} data-testid="model-row">
              <td><Link className="font-medium underline decoration-line-strong underline-offset-4 hover:decoration-accent" href={`/models/${model.id}`}>{model.name}</Link></td>
              <td><Figure figure={bytes(model.bytes)} /></td>
              <td className="num">{model.layerCount}</td>
              <td className="num max-sm:hidden">{model.opCount}</td>
              <td className="max-sm:hidden"><Figure figure={count(model.parameterCount)} /></td>
              <td>{model.noCutReason ? <span className="text-warn" title={model.noCutReason}>none: {model.noCutReason}</span> : <span className="num">{model.legalCutCount}</span>}</td>
              <td className="max-sm:hidden">{model.processorKind ?? <span className="text-ink-3">tensors</span>}</td>
              <td className="text-ink-2 max-sm:hidden">{model.origin}</td>
              <td className="text-ink-2 max-sm:hidden"><Time iso={model.createdAt} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
