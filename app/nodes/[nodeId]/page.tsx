import { Suspense } from "react";
import { NodePage } from "../../../components/node/NodePage.tsx";

export default async function Page({ params }: { params: Promise<{ nodeId: string }> }) {
  return <Suspense><NodePage nodeId={(await params).nodeId} /></Suspense>;
}
