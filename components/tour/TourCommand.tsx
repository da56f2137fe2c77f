"use client";
import { useRouter } from "next/navigation";
import { usePaletteEntries } from "../shell/palette-entries.ts";
import { keepTour } from "./kept-tour.ts";
import { useTour } from "./use-tour.ts";

/** The first steps in the command palette: to go on where they were put away, or to begin again. */
export function TourCommand() {
  const router = useRouter();
  const { tour, start } = useTour();
  usePaletteEntries(() => {
    if (!start) return [];
    const open = () => router.push("/");
    const goOn = tour ? [{ id: "cmd-first-steps", group: "help", name: "First steps: go on", run: () => { keepTour({ ...tour.kept, isAway: false }); open(); } }] : [];
    return [...goOn, { id: "cmd-first-steps-again", group: "help", name: "First steps: begin from what runs now", run: () => { start(); open(); } }];
  });
  return null;
}
