import { DeploymentWorkbench } from "../../../components/deployment/DeploymentWorkbench.tsx";

export default async function Page({ params }: { params: Promise<{ deploymentId: string }> }) {
  return <DeploymentWorkbench deploymentId={(await params).deploymentId} />;
}
