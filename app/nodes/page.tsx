import type { Metadata } from "next";
import { Fleet } from "../../components/node/Fleet.tsx";

export const metadata: Metadata = { title: "Nodes" };

export default function Page() {
  return <Fleet />;
}
