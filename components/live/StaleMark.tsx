import { History } from "lucide-react";

/** Beside figures that speak of the past: a shape, the age in words, and why. */
export function StaleMark({ age, className = "" }: { age: string | null; className?: string }) {
  if (age === null) return null;
  return <span data-testid="stale" title="The last values told; nothing newer has come since" className={`inline-flex items-center gap-1 whitespace-nowrap text-xs text-warn ${className}`}><History size={11} aria-hidden />{age}</span>;
}
