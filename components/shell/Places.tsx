"use client";
import { ChevronDown } from "lucide-react";
import { usePathname } from "next/navigation";
import { Popover } from "radix-ui";
import { useState } from "react";
import { PlaceLink } from "./PlaceLink.tsx";
import { PLACES } from "./places.ts";

const isHere = (href: string, path: string) => (href === "/" ? path === "/" : path.startsWith(href));

/** The screens: side by side, or behind the present one's name where the window is too narrow for all. */
export function Places() {
  const path = usePathname();
  const [open, setOpen] = useState(false);
  const here = PLACES.find(({ href }) => isHere(href, path));
  return (
    <>
      <nav aria-label="Main" className="flex min-w-0 max-[56rem]:hidden">
        {PLACES.map(({ href, name }) => <PlaceLink key={href} href={href} aria-current={isHere(href, path) ? "page" : undefined} className={`flex h-11 items-center border-b-2 px-2 whitespace-nowrap ${isHere(href, path) ? "border-accent text-ink" : "border-transparent text-ink-2 hover:text-ink"}`}>{name}</PlaceLink>)}
      </nav>
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger className="flex h-9 min-w-0 items-center gap-1 rounded-md px-2 font-medium hover:bg-accent-wash min-[56rem]:hidden"><span className="truncate">{here?.name ?? "Go to"}</span><ChevronDown size={14} aria-hidden className="shrink-0 text-ink-3" /></Popover.Trigger>
        <Popover.Portal>
          <Popover.Content align="start" sideOffset={4} aria-label="Screens" className="z-50 max-h-[80dvh] min-w-44 overflow-y-auto rounded-lg border border-line-strong bg-panel p-1 shadow-[var(--shadow)] min-[56rem]:hidden">
            <nav aria-label="Main">{PLACES.map(({ href, name }) => <PlaceLink key={href} href={href} onClick={() => setOpen(false)} aria-current={isHere(href, path) ? "page" : undefined} className={`flex h-9 items-center rounded-md px-3 ${isHere(href, path) ? "bg-accent-wash text-ink" : "text-ink-2 hover:bg-accent-wash hover:text-ink"}`}>{name}</PlaceLink>)}</nav>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
    </>
  );
}
