"use client";
import { Check, ListFilter } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { buttonClass } from "../ui/Button.tsx";
import { toggledChoice } from "./chart-choice.ts";

type Named = { key: string; title: string };
type Props = { specs: readonly Named[]; chosen: readonly Named[]; choose: (asked: string | null) => void };

/** Which of a group's charts are shown: one at least. */
export function ChartChoice({ specs, chosen, choose }: Props) {
  const count = chosen.length === specs.length ? "all" : `${chosen.length} of ${specs.length}`;
  return (
    // What it turns on and off is beside it: nothing there is hidden from a screen reader meanwhile.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={buttonClass("quiet")} data-testid="chart-choice"><ListFilter size={13} />Charts: {count}</DropdownMenu.Trigger>
      {/* Beside its button and not at the end of the document: there it would lie outside of every landmark. */}
      <DropdownMenu.Content align="start" sideOffset={4} collisionPadding={8} aria-label="Which charts" className="z-50 max-h-[min(20rem,var(--radix-dropdown-menu-content-available-height))] min-w-48 overflow-y-auto rounded-md border border-line-strong bg-panel p-1 text-sm shadow-[var(--shadow)]">
        {specs.map((spec) => (
          // Stays open: usually more than one is turned on or off.
          <DropdownMenu.CheckboxItem key={spec.key} checked={chosen.includes(spec)} onSelect={(event) => event.preventDefault()} onCheckedChange={() => choose(toggledChoice(specs, chosen, spec))} className="flex cursor-pointer items-center gap-2 rounded-sm px-2 py-1 outline-none data-[highlighted]:bg-accent-wash">
            <span className="grid size-3.5 place-items-center"><DropdownMenu.ItemIndicator><Check size={13} aria-hidden /></DropdownMenu.ItemIndicator></span>{spec.title}
          </DropdownMenu.CheckboxItem>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
