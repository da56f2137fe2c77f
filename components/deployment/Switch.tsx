import type { ReactNode } from "react";

export function Switch({ checked, onChange, testId, children }: { checked: boolean; onChange(checked: boolean): void; testId: string; children: ReactNode }) {
  return <label className="flex min-h-7 items-center gap-2"><input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} data-testid={testId} />{children}</label>;
}
