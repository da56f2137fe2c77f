import { Suspense } from "react";
import { TopologyWorkbench } from "../../../components/canvas/TopologyWorkbench.tsx";

type Props = { params: Promise<{ topologyId: string }>; searchParams: Promise<{ model?: string }> };

export default async function Page({ params, searchParams }: Props) {
  return <Suspense><TopologyWorkbench topologyId={(await params).topologyId} modelId={(await searchParams).model ?? null} /></Suspense>;
}
