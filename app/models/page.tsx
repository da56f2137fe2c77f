import type { Metadata } from "next";
import { ModelList } from "../../components/model/ModelList.tsx";

export const metadata: Metadata = { title: "Models" };

export default function Page() {
  return <ModelList />;
}
