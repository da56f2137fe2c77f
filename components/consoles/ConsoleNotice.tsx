"use client";
import { usePathname } from "next/navigation";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { useLive } from "../live/live-store.ts";
import { useAddressSearch } from "../shell/use-address-search.ts";
import { buttonClass } from "../ui/Button.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { useConsoles } from "./consoles-store.ts";
import { goOnAddress } from "./going-on.ts";

/** Where several consoles share a database: that this one is away and where to go on, or that the page has just done so. */
export function ConsoleNotice() {
  const isLost = useLive((state) => state.connection === "lost");
  const hasOthers = useConsoles((state) => state.others.length > 0);
  const isAway = useConsoles((state) => state.step !== null && !state.answers);
  const from = useConsoles((state) => state.from);
  if (hasOthers && (isLost || isAway)) return <Lost />;
  return from === null ? null : <Arrived from={from} />;
}

function Lost() {
  const here = useHere();
  const { others, answers, answering, step } = useConsoles();
  const ways = answering.length > 0 ? others.filter(({ url }) => answering.includes(url)) : others;
  const isGoing = step?.what === "go";
  return (
    <Strip tone="warn">
      <p className="min-w-0 flex-1 basis-72 break-words">
        <b className="font-medium">{answers ? `The live connection to the console at ${here?.host ?? ""} is lost.` : `The console at ${here?.host ?? ""} does not answer.`}</b>
        <span className="text-ink-2"> {isGoing ? `Going on at ${hostOf(step.to)} …` : (step?.why ?? "Looking whether it answers.")}</span>
      </p>
      {here && ways.map(({ url, hostname }) => <Way key={url} url={url} hostname={hostname} here={here} />)}
    </Strip>
  );
}

/** A link and no button: it can be opened beside this page, where what was not saved stays. */
function Way({ url, hostname, here }: { url: string; hostname: string; here: Location }) {
  const movedAtMs = useConsoles((state) => state.movedAtMs);
  const address = goOnAddress(url, here, movedAtMs);
  return <a className={buttonClass()} href={address} title={`on ${hostname}`} data-testid="go-on">Go on at {hostOf(url)}</a>;
}

function Arrived({ from }: { from: string }) {
  const here = useHere();
  return (
    <Strip tone="accent">
      <p className="min-w-0 flex-1 break-words">The console at {hostOf(from)} does not answer; you are on {here?.host ?? ""}.</p>
      <IconButton label="Dismiss" onClick={() => useConsoles.setState({ from: null })}><X size={14} /></IconButton>
    </Strip>
  );
}

function Strip({ tone, children }: { tone: "warn" | "accent"; children: React.ReactNode }) {
  return <section aria-label="This console" data-testid="console-notice" className={`flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-l-2 border-b-line px-3 py-1.5 ${tone === "warn" ? "border-l-warn bg-warn-wash" : "border-l-accent bg-panel"}`}>{children}</section>;
}

const hostOf = (origin: string): string => new URL(origin).host;

/** The address as it is now; null while the server draws. */
function useHere(): Location | null {
  const [here, setHere] = useState<Location | null>(null);
  // What the page shows may have changed since: a link goes on at the same.
  usePathname();
  useAddressSearch();
  useEffect(() => setHere(location), []);
  return here;
}
