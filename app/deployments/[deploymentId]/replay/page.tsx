import { Suspense } from "react";
import { ReplayPage } from "../../../../components/replay/ReplayPage.tsx";

export default async function Page({ params }: { params: Promise<{ deploymentId: string }> }) {
  return <Suspense><ReplayPage deploymentId={(await params).deploymentId} /></Suspense>;
}
