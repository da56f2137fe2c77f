import type { Metadata } from "next";
import { Suspense } from "react";
import { PlansPage } from "../../components/plan/PlansPage.tsx";

export const metadata: Metadata = { title: "Plans" };

export default function Page() {
  return <Suspense><PlansPage /></Suspense>;
}
