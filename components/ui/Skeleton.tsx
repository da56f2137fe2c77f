// biome-ignore-all lint/suspicious/noArrayIndexKey: rows have no identity
/** The shape of what is being fetched. */
export function Skeleton({ rows = 4, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="space-y-2 py-1">
      {Array.from({ length: rows }, (_, row) => <div key={row} className="h-5 animate-pulse rounded-sm bg-line/70" style={{ width: `${92 - ((row * 13) % 40)}%` }} />)}
    </div>
  );
}
