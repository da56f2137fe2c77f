import type { Metadata } from "next";
import { Suspense } from "react";
import { AddNode } from "../../../components/node/AddNode.tsx";

export const metadata: Metadata = { title: "Add a node" };

export default function Page() {
  return <Suspense><AddNode /></Suspense>;
}
