import type { Metadata } from "next";
import { DeploymentList } from "../../components/deployment/DeploymentList.tsx";

export const metadata: Metadata = { title: "Deployments" };

export default function Page() {
  return <DeploymentList />;
}
