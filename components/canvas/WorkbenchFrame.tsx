"use client";
import { PanelBottom, PanelLeft, PanelRight, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { IconButton } from "../ui/IconButton.tsx";
import { useNamedChoice } from "./use-named-choice.ts";

type Props = { bar: ReactNode; left: ReactNode; right: ReactNode; dock: ReactNode; children: ReactNode };
type Panel = "left" | "right" | "dock";
/** Below this the side panels lie over the canvas instead of beside it. */
const NARROW = "(max-width: 56rem)";

/** The frame of the main screen: the canvas owns the space, panels fold away. */
export function WorkbenchFrame({ bar, left, right, dock, children }: Props) {
  const [open, setOpen] = useState<Record<Panel, boolean>>({ left: true, right: true, dock: true });
  useEffect(() => { if (matchMedia(NARROW).matches) setOpen({ left: false, right: false, dock: true }); }, []);
  // A link to a thing leads to what is to be read of it; what a hand chooses on a small canvas is not covered.
  useNamedChoice((isNamed) => { if (matchMedia(NARROW).matches) setOpen((now) => ({ ...now, left: isNamed ? false : now.left, right: isNamed })); });
  const inspectorButton = useRef<HTMLButtonElement>(null);
  const toggle = (panel: Panel) => setOpen((now) => ({ ...now, ...(matchMedia(NARROW).matches && panel !== "dock" ? { left: false, right: false } : {}), [panel]: !now[panel] }));
  const button = (panel: Panel, label: string, icon: ReactNode) => <IconButton {...(panel === "right" ? { ref: inspectorButton } : {})} label={`${open[panel] ? "Hide" : "Show"} ${label}`} aria-pressed={open[panel]} onClick={() => toggle(panel)}>{icon}</IconButton>;
  return (
    <div className="flex h-full flex-col overflow-y-auto">
      <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b max-sm:gap-x-2.5 border-line bg-panel px-3 py-1.5">
        {bar}
        <div className="ml-auto flex">{button("left", "the layers", <PanelLeft size={15} />)}{button("dock", "the dock", <PanelBottom size={15} />)}{button("right", "the inspector", <PanelRight size={15} />)}</div>
      </div>
      <div className="relative flex shrink-0 grow basis-auto lg:min-h-0 lg:shrink lg:basis-0">
        {open.left && <aside aria-label="Model" className="flex w-64 shrink-0 min-[150rem]:w-80 flex-col border-r border-line bg-panel max-[56rem]:absolute max-[56rem]:inset-y-0 max-[56rem]:left-0 max-[56rem]:z-20">{left}</aside>}
        <div className="flex min-w-0 flex-1 flex-col">
          <div className="min-h-fit flex-1 lg:min-h-40 lg:overflow-hidden">{children}</div>
          {open.dock && dock}
        </div>
        {open.right && (
          <aside aria-label="Inspector" className="w-72 shrink-0 min-[150rem]:w-80 overflow-y-auto border-l border-line bg-panel max-[56rem]:absolute max-[56rem]:inset-y-0 max-[56rem]:right-0 max-[56rem]:z-20 max-sm:fixed max-sm:inset-x-0 max-sm:top-auto max-sm:bottom-0 max-sm:z-30 max-sm:max-h-[60dvh] max-sm:w-auto max-sm:rounded-t-lg max-sm:border-t max-sm:border-l-0 max-sm:shadow-[var(--shadow)]">
            <IconButton label="Close the inspector" className="sticky top-1 float-right mt-1 mr-1 min-[56rem]:hidden" onClick={() => { toggle("right"); inspectorButton.current?.focus(); }}><X size={15} /></IconButton>
            {right}
          </aside>
        )}
      </div>
    </div>
  );
}
