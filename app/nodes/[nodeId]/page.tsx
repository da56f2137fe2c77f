import { NodePage } from "../../../components/node/NodePage.tsx";

export default async function Page({ params }: { params: Promise<{ nodeId: string }> }) {
  return <NodePage nodeId={(await params).nodeId} />;
}
