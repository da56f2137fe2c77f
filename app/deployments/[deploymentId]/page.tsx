import { Suspense } from "react";
import { DeploymentWorkbench } from "../../../components/deployment/DeploymentWorkbench.tsx";

export default async function Page({ params }: { params: Promise<{ deploymentId: string }> }) {
  return <Suspense><DeploymentWorkbench deploymentId={(await params).deploymentId} /></Suspense>;
}
