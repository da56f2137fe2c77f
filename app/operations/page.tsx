import type { Metadata } from "next";
import { OperationPage } from "../../components/operation/OperationPage.tsx";

export const metadata: Metadata = { title: "Operations" };

export default function Page() {
  return <OperationPage />;
}
