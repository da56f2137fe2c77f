import type { ReactNode } from "react";

/** An empty place: what would be here, and how to get it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="rounded-lg border border-dashed border-line-strong px-5 py-5">
      <div className="max-w-prose">
        <p className="text-base font-medium">{title}</p>
        {children && <div className="mt-1 text-ink-2">{children}</div>}
        {action && <div className="mt-3 flex flex-wrap gap-2">{action}</div>}
      </div>
    </div>
  );
}
