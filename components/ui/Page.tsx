"use client";
import type { ReactNode } from "react";
import { usePageTitle } from "../shell/use-page-title.ts";

type Props = { title: string; /** In place of the title, with an h1 of its own. */ heading?: ReactNode; lead?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A page of reading and tables; the canvas has a frame of its own. */
export function Page({ title, heading, lead, actions, children }: Props) {
  usePageTitle(title);
  return (
    <div className="mx-auto w-full max-w-7xl min-[150rem]:max-w-[105rem] px-3 pt-5 pb-16 sm:px-6">
      <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          {heading ?? <h1 className="truncate text-xl font-medium tracking-tight">{title}</h1>}
          {lead && <div className="mt-1 max-w-prose text-ink-2">{lead}</div>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="mb-8">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 border-b border-line pb-1">
        <h2 className="text-sm font-medium">{title}</h2>
        {aside && <div className="min-w-0 text-xs break-words text-ink-3">{aside}</div>}
      </div>
      {children}
    </section>
  );
}
