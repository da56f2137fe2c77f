import { useId } from "react";

type FieldProps = { label: string; /** Shown while it is empty. */ hint: string; value: string; problem: string | undefined; onChange(value: string): void; testId: string };

/** One thing a line. */
export function LinesField({ label, hint, value, problem, onChange, testId }: FieldProps) {
  const id = useId();
  return (
    <label className="block text-xs text-ink-2">
      <span>{label}</span>
      <textarea className="field h-auto! w-full py-1" rows={Math.min(8, Math.max(2, value.split("\n").length))} spellCheck={false} placeholder={hint} value={value} aria-invalid={problem !== undefined} aria-describedby={problem ? id : undefined} onChange={(event) => onChange(event.target.value)} data-testid={testId} />
      {problem && <span id={id} role="alert" className="mt-0.5 block text-bad">{problem}</span>}
    </label>
  );
}
