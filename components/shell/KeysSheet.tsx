"use client";
import { Dialog } from "../ui/Dialog.tsx";

const KEYS: [string, [string, string][]][] = [
  ["Everywhere", [["Ctrl K, Ctrl Shift P", "commands"], ["?", "this sheet"], ["Esc", "close"], ["Tab, Shift Tab", "next, previous place"]]],
  ["Canvas", [["Space + drag", "pan"], ["Ctrl + wheel", "zoom"], ["Shift + drag", "select a region"], ["0 / 1", "zoom to 100 % / fit"], ["N", "add a node"], ["C", "connect the selected node to…"], ["Delete, Backspace", "remove the selection"], ["Ctrl Z", "undo"], ["Ctrl Y, Ctrl Shift Z", "redo"], ["L", "arrange"], ["Ctrl C, X, V", "copy, cut, paste, also into another topology"], ["Ctrl D", "duplicate"], ["A", "align the chosen nodes"], ["F2", "rename in place"], ["Ctrl F", "find in the drawing"]]],
  ["Layers", [["↑ ↓", "walk the layers"], ["Shift ↑ ↓", "select a range"], ["Ctrl A", "select all layers"], ["M, Enter", "move layers to…"], ["← →", "fold, unfold"]]],
];

export function KeysSheet({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" description="Off while a text field has the focus.">
      <div className="space-y-4">
        {KEYS.map(([group, rows]) => (
          <div key={group}>
            <h3 className="eyebrow mb-1">{group}</h3>
            <dl className="grid grid-cols-[10rem_1fr] gap-y-1">
              {rows.map(([keys, what]) => [<dt key={keys}><kbd className="num rounded-sm border border-line-strong bg-raised px-1 text-xs">{keys}</kbd></dt>, <dd key={what}>{what}</dd>])}
            </dl>
          </div>
        ))}
      </div>
    </Dialog>
  );
}
