import { useId } from "react";

/** Label, field and what is wrong with it share their rows with their neighbours', so that a label of two lines leaves the fields beside each other. */
export const FIELD_ROW = "grid grid-cols-3 gap-x-2 gap-y-0.5";

type FieldProps = { label: string; unit: string; value: string; problem: string | undefined; onChange(value: string): void; testId: string };
export function NumberField({ label, unit, value, problem, onChange, testId }: FieldProps) {
  const id = useId();
  return (
    <label className="row-span-3 grid grid-rows-subgrid text-xs text-ink-2">
      <span className="self-end">{label}{unit && `, ${unit}`}</span>
      <input className="field num" inputMode="decimal" value={value} aria-invalid={problem !== undefined} aria-describedby={problem ? id : undefined} onChange={(event) => onChange(event.target.value)} data-testid={testId} />
      {problem && <span id={id} role="alert" className="mt-0.5 block text-bad">{problem}</span>}
    </label>
  );
}
