import { Suspense } from "react";
import { ModelDetail } from "../../../components/model/ModelDetail.tsx";

export default async function Page({ params }: { params: Promise<{ modelId: string }> }) {
  return <Suspense><ModelDetail modelId={(await params).modelId} /></Suspense>;
}
