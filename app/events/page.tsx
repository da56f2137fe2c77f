import type { Metadata } from "next";
import { EventPage } from "../../components/event/EventPage.tsx";

export const metadata: Metadata = { title: "Events" };

export default function Page() {
  return <EventPage />;
}
