"use client";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { useAddressParam } from "../shell/use-address-param.ts";

/** The node's views, one shown; which one is in the address. The first is the page itself. */
export function NodeTabs({ tabs }: { tabs: readonly (readonly [key: string, name: string, content: ReactNode])[] }) {
  const [asked, setTab] = useAddressParam("tab");
  const first = tabs[0]?.[0] ?? "";
  const shown = tabs.find(([key]) => key === asked)?.[0] ?? first;
  return (
    <Tabs.Root value={shown} onValueChange={(next) => setTab(next === first ? null : next)}>
      <Tabs.List aria-label="Views of the node" className="mb-4 flex overflow-x-auto border-b border-line">
        {tabs.map(([key, name]) => <Tabs.Trigger key={key} value={key} data-testid={`tab-${key}`} className="h-8 outline-offset-[-2px] border-b-2 border-transparent px-2.5 whitespace-nowrap text-ink-2 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink">{name}</Tabs.Trigger>)}
      </Tabs.List>
      {tabs.map(([key, , content]) => <Tabs.Content key={key} value={key}>{content}</Tabs.Content>)}
    </Tabs.Root>
  );
}
