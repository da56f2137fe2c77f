import type { Metadata } from "next";
import { Suspense } from "react";
import { EventPage } from "../../components/event/EventPage.tsx";

export const metadata: Metadata = { title: "Events" };

export default function Page() {
  return <Suspense><EventPage /></Suspense>;
}
