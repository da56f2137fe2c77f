// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a listbox made of list items
// biome-ignore-all lint/a11y/noAutofocus: a dialog for typing starts in its field
"use client";
import { type KeyboardEvent, useEffect, useState } from "react";
import { Dialog } from "../ui/Dialog.tsx";
import { fuzzyScore } from "./fuzzy.ts";
import { recentCommands, rememberCommand } from "./recent-commands.ts";
import { type Command, useCommands } from "./use-commands.ts";

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
  const [recent] = useState(recentCommands);
  const entries = rank(useCommands(showKeys), text, recent).slice(0, SHOWN_MAX);
  const chosen = Math.min(at, entries.length - 1);
  const run = (entry: Command | undefined) => { if (entry) { rememberCommand(entry.id); close(); entry.run(); } };
  const chosenId = entries[chosen]?.id;
  useEffect(() => { if (chosenId) document.getElementById(chosenId)?.scrollIntoView({ block: "nearest" }); }, [chosenId]);
  const down = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, entries.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
    else if (event.key === "Home" && text === "") setAt(0);
    else if (event.key === "End" && text === "") setAt(entries.length - 1);
    else if (event.key === "Enter") run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input autoFocus role="combobox" aria-expanded aria-controls="commands" aria-activedescendant={chosenId} aria-label="Search commands" className="field h-9" placeholder="Go to a deployment, model, node, or do something…" value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} onKeyDown={down} />
      <ul id="commands" role="listbox" aria-label="Commands" className="mt-2">
        {entries.map((entry, index) => (
          <li key={entry.id} id={entry.id} role="option" aria-selected={index === chosen} onPointerMove={() => setAt(index)} onClick={() => run(entry)} className={`flex cursor-pointer justify-between gap-3 rounded-md px-2 py-1.5 ${index === chosen ? "bg-accent-wash" : ""}`}>
            <span className="truncate">{entry.name}</span><span className="shrink-0 text-xs text-ink-3">{entry.group}</span>
          </li>
        ))}
        {entries.length === 0 && <li className="px-2 py-3 text-ink-2">Nothing is called “{text}”.</li>}
      </ul>
    </>
  );
}

/** Best match first; with nothing typed, what was used last stands on top. */
function rank(commands: readonly Command[], text: string, recent: readonly string[]): Command[] {
  if (text.trim() === "") {
    const used = recent.flatMap((id) => commands.filter((one) => one.id === id)).map((one) => ({ ...one, group: `recent ${one.group}` }));
    return [...used, ...commands.filter((one) => !recent.includes(one.id))];
  }
  return commands
    .map((command) => ({ command, score: Math.max(fuzzyScore(command.name, text) * 2, fuzzyScore(`${command.group} ${command.name}`, text)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ command }) => command);
}
