import { Suspense } from "react";
import { DeploymentWorkbench } from "../../../components/deployment/DeploymentWorkbench.tsx";
import { EarlyRead } from "../../../components/EarlyRead.tsx";

export default async function Page({ params }: { params: Promise<{ deploymentId: string }> }) {
  const { deploymentId } = await params;
  return (
    <>
      <EarlyRead reads={[["deployments.get", { id: deploymentId }]]} />
      <Suspense><DeploymentWorkbench deploymentId={deploymentId} /></Suspense>
    </>
  );
}
