import { Suspense } from "react";
import { TopologyWorkbench } from "../../../components/canvas/TopologyWorkbench.tsx";
import { EarlyRead } from "../../../components/EarlyRead.tsx";

type Props = { params: Promise<{ topologyId: string }>; searchParams: Promise<{ model?: string }> };

export default async function Page({ params, searchParams }: Props) {
  const { topologyId } = await params;
  const modelId = (await searchParams).model ?? null;
  return (
    <>
      <EarlyRead reads={[["topologies.get", { id: topologyId }], ["models.list"], ...(modelId ? [["models.get", { id: modelId }] as const] : [])]} />
      <Suspense><TopologyWorkbench topologyId={topologyId} modelId={modelId} /></Suspense>
    </>
  );
}
