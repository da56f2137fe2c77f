// biome-ignore-all lint/a11y/useSemanticElements: a native meter cannot show what a change would add
type Props = { label: string; ratio: number; extraRatio?: number; tone?: "accent" | "bad"; text: string };

/** A bar with its numbers as text; `extraRatio` is what a change would add. */
export function Meter({ label, ratio, extraRatio = 0, tone = "accent", text }: Props) {
  const used = Math.min(1, Math.max(0, ratio));
  const extra = Math.min(1 - used, Math.max(0, extraRatio));
  return (
    <span role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(Math.min(1, used + extra) * 100)} aria-valuetext={text} title={`${label}: ${text}`} className="block h-1.5 w-full overflow-hidden rounded-sm bg-line">
      <span className="flex h-full">
        <span className={tone === "bad" ? "bg-bad" : "bg-accent-mid"} style={{ width: `${used * 100}%` }} />
        <span className={tone === "bad" ? "bg-bad/60" : "bg-accent"} style={{ width: `${extra * 100}%` }} />
      </span>
    </span>
  );
}
