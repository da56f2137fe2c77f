// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a listbox made of list items
// biome-ignore-all lint/a11y/noAutofocus: a dialog for typing starts in its field
"use client";
import { type KeyboardEvent, useEffect, useState } from "react";
import { Dialog } from "../ui/Dialog.tsx";
import { fuzzyScore } from "./fuzzy.ts";
import { recentCommands, rememberCommand } from "./recent-commands.ts";
import type { Command } from "./palette-entries.ts";
import { useCommands } from "./use-commands.ts";

const SHOWN_MAX = 40;

export function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Commands">
      {open && <Entries close={() => onOpenChange(false)} />}
    </Dialog>
  );
}

function Entries({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [recent] = useState(recentCommands);
  const entries = rank(useCommands(), text, recent).slice(0, SHOWN_MAX);
  const chosen = Math.min(at, entries.length - 1);
  const run = (entry: Command | undefined) => { if (entry) { rememberCommand(entry.id); close(); afterClose(entry.run); } };
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
            <span className="min-w-0 truncate">{entry.name}</span><span className="flex shrink-0 items-baseline gap-2 text-xs text-ink-3 max-[18rem]:hidden">{entry.keys && <kbd className="num max-sm:hidden">{entry.keys.split(", ")[0]}</kbd>}{entry.group}</span>
          </li>
        ))}
      </ul>
      <p role="status" className={entries.length === 0 ? "px-2 py-3 text-ink-2" : "sr-only"}>{entries.length === 0 ? `Nothing is called “${text}”. Type part of a name, a kind (node, model, plan) or a verb (measure, cordon).` : text === "" ? "" : `${entries.length} found`}</p>
    </>
  );
}

/** The dialog gives the focus back to where it was before it closes for good; what the command focuses or opens comes after that. */
const afterClose = (run: () => void): void => { requestAnimationFrame(() => requestAnimationFrame(run)); };

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
