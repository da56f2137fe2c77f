/** A line without axes: the shape of the last values. Gaps stay gaps. */
export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <span className="text-xs text-ink-3">collecting</span>;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const y = (value: number) => 19 - ((value - low) / Math.max(high - low, 1e-9)) * 16;
  let path = "";
  let drawing = false;
  for (const [index, value] of values.entries()) {
    if (value === null) { drawing = false; continue; }
    path += `${drawing ? "L" : "M"}${(index / (values.length - 1)) * 100} ${y(value).toFixed(1)}`;
    drawing = true;
  }
  return <svg role="img" aria-label={label} viewBox="0 0 100 22" preserveAspectRatio="none" className="h-5 w-full"><path d={path} fill="none" stroke="var(--accent)" strokeWidth="1.25" vectorEffect="non-scaling-stroke" /></svg>;
}
