import type { Metadata } from "next";
import { TopologyList } from "../../components/canvas/TopologyList.tsx";

export const metadata: Metadata = { title: "Topologies" };

export default function Page() {
  return <TopologyList />;
}
