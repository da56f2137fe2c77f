// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a listbox made of list items
// biome-ignore-all lint/a11y/noAutofocus: a dialog for typing starts in its field
"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useState } from "react";
import { api } from "../api.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { PLACES } from "./places.ts";
import { setTheme, THEMES } from "./theme.ts";

type Entry = { id: string; group: string; name: string; run: () => void };
const SHOWN_MAX = 40;

export function CommandPalette({ open, onOpenChange, showKeys }: { open: boolean; onOpenChange: (open: boolean) => void; showKeys: () => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Commands">
      {open && <Entries close={() => onOpenChange(false)} showKeys={showKeys} />}
    </Dialog>
  );
}

function Entries({ close, showKeys }: { close: () => void; showKeys: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries(showKeys).filter((entry) => matches(entry, text)).slice(0, SHOWN_MAX);
  const chosen = Math.min(at, entries.length - 1);
  const run = (entry: Entry | undefined) => { if (entry) { close(); entry.run(); } };
  const down = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, entries.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
    else if (event.key === "Enter") run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input autoFocus role="combobox" aria-expanded aria-controls="commands" aria-activedescendant={entries[chosen]?.id} aria-label="Search commands" className="field h-9" placeholder="Go to a deployment, model, node, or do something…" value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} onKeyDown={down} />
      <ul id="commands" role="listbox" aria-label="Commands" className="mt-2">
        {entries.map((entry, index) => (
          <li key={entry.id} id={entry.id} role="option" aria-selected={index === chosen} onPointerMove={() => setAt(index)} onClick={() => run(entry)} className={`flex cursor-pointer justify-between rounded-md px-2 py-1.5 ${index === chosen ? "bg-accent-wash" : ""}`}>
            <span className="truncate">{entry.name}</span><span className="text-xs text-ink-3">{entry.group}</span>
          </li>
        ))}
        {entries.length === 0 && <li className="px-2 py-3 text-ink-2">Nothing is called “{text}”.</li>}
      </ul>
    </>
  );
}

const matches = (entry: Entry, text: string) => text.toLowerCase().split(/\s+/).every((word) => `${entry.group} ${entry.name}`.toLowerCase().includes(word));

function useEntries(showKeys: () => void): Entry[] {
  const router = useRouter();
  const deployments = useQuery(api.deployments.list.queryOptions()).data ?? [];
  const models = useQuery(api.models.list.queryOptions()).data ?? [];
  const topologies = useQuery(api.topologies.list.queryOptions()).data ?? [];
  const go = (group: string, name: string, href: string): Entry => ({ id: `cmd-${href}`, group, name, run: () => router.push(href) });
  return [
    ...PLACES.map(({ href, name }) => go("go to", name, href)),
    ...deployments.map((one) => go("deployment", one.name, `/deployments/${one.id}`)),
    ...topologies.map((one) => go("topology", one.name, `/topologies/${one.id}`)),
    ...models.map((one) => go("model", one.name, `/models/${one.id}`)),
    ...THEMES.map((theme) => ({ id: `cmd-${theme}`, group: "theme", name: theme, run: () => setTheme(theme) })),
    { id: "cmd-keys", group: "help", name: "Keyboard shortcuts", run: showKeys },
    { id: "cmd-docs", group: "help", name: "API documentation", run: () => window.open("/api/docs", "_blank") },
  ];
}
