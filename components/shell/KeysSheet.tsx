"use client";
import { Dialog } from "../ui/Dialog.tsx";
import { keysText, SCOPE_NAMES, SHORTCUTS, type ShortcutScope } from "./shortcuts.ts";

export function KeysSheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog wide open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" description="Off while a text field has the focus. On a Mac, ⌘ does what Ctrl does.">
      <div className="columns-1 gap-x-8 sm:columns-2">
        {(Object.keys(SCOPE_NAMES) as ShortcutScope[]).map((scope) => (
          <section key={scope} className="mb-4 break-inside-avoid-column" aria-label={SCOPE_NAMES[scope]}>
            <h3 className="eyebrow mb-1">{SCOPE_NAMES[scope]}</h3>
            <dl>{SHORTCUTS.filter((one) => one.scope === scope).map((one) => <Row key={one.id} keys={keysText(one)} what={one.what} />)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function Row({ keys, what }: { keys: string; what: string }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-3 border-b border-line py-1">
      <dt className="order-2 ml-auto flex flex-wrap justify-end gap-1">{keys.split(", ").map((one) => <kbd key={one} className="num rounded-sm border border-line-strong bg-raised px-1 text-xs">{one}</kbd>)}</dt>
      <dd>{what}</dd>
    </div>
  );
}
