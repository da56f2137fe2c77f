"use client";
import { X } from "lucide-react";
import { dismiss, useNotices } from "./notices.ts";

export function Notices() {
  const notices = useNotices((state) => state.notices);
  return (
    <div aria-live="polite" role="status" className="pointer-events-none fixed right-3 bottom-3 z-60 flex w-[min(24rem,calc(100vw-1.5rem))] flex-col gap-2">
      {notices.map((notice) => (
        <div key={notice.id} className={`pointer-events-auto flex items-start gap-2 rounded-md border border-l-2 border-line-strong bg-raised px-3 py-2 shadow-[var(--shadow)] ${notice.tone === "bad" ? "border-l-bad" : "border-l-accent"}`}>
          <div className="min-w-0 flex-1 break-words">{notice.text}{notice.fix && <p className="text-ink-2">{notice.fix}</p>}</div>
          <button type="button" aria-label="Dismiss" onClick={() => dismiss(notice.id)} className="text-ink-3 hover:text-ink"><X size={14} /></button>
        </div>
      ))}
    </div>
  );
}
