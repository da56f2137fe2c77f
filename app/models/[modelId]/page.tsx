import { ModelDetail } from "../../../components/model/ModelDetail.tsx";

export default async function Page({ params }: { params: Promise<{ modelId: string }> }) {
  return <ModelDetail modelId={(await params).modelId} />;
}
