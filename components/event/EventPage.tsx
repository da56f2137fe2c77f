"use client";
import { Page } from "../ui/Page.tsx";
import { EventTimeline } from "./EventTimeline.tsx";

export function EventPage() {
  return (
    <Page title="Events" lead="Everything that happened, and why. New ones arrive by themselves.">
      <EventTimeline nothing="Imports, enrolments, plans, moves and losses appear here." />
    </Page>
  );
}
