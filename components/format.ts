// Owns how figures are written: every number with its unit, three significant digits, no locale surprises. Pure.

/** [text, unit]; "–" where nothing is known. */
export type Written = { text: string; unit: string };
const NOTHING: Written = { text: "–", unit: "" };

/** Three significant digits without an exponent. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "–";
  if (size === 0) return "0";
  if (size < 0.01) return value.toPrecision(2);
  if (size < 10) return value.toFixed(2);
  if (size < 100) return value.toFixed(1);
  return Math.round(value).toString();
}

function scaled(value: number | null | undefined, base: number, units: readonly string[]): Written {
  if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
  let rest = value;
  let step = 0;
  while (Math.abs(rest) >= base && step < units.length - 1) { rest /= base; step++; }
  return { text: step === 0 && Number.isInteger(rest) ? rest.toString() : digits(rest), unit: units[step] ?? "" };
}

export const bytes = (value: number | null | undefined): Written => scaled(value, 1000, ["B", "kB", "MB", "GB", "TB"]);
export const bytesPerSecond = (value: number | null | undefined): Written => { const w = bytes(value); return w.unit === "" ? w : { text: w.text, unit: `${w.unit}/s` }; };
export const count = (value: number | null | undefined): Written => scaled(value, 1000, ["", "k", "M", "G", "T"]);
export const flops = (value: number | null | undefined): Written => scaled(value, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"]);
export const perSecond = (value: number | null | undefined): Written => (value === null || value === undefined ? NOTHING : { text: digits(value), unit: "req/s" });
export const celsius = (value: number | null | undefined): Written => (value === null || value === undefined ? NOTHING : { text: digits(value), unit: "°C" });
export const coresText = (value: number | null | undefined): Written => (value === null || value === undefined ? NOTHING : { text: digits(value), unit: value === 1 ? "core" : "cores" });
export const percent = (ratio: number | null | undefined): Written => (ratio === null || ratio === undefined ? NOTHING : { text: digits(ratio * 100), unit: "%" });

/** Milliseconds as µs, ms, s or min. */
export function ms(value: number | null | undefined): Written {
  if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
  if (Math.abs(value) < 0.1 && value !== 0) return { text: digits(value * 1000), unit: "µs" };
  if (Math.abs(value) < 1000) return { text: digits(value), unit: "ms" };
  if (Math.abs(value) < 120_000) return { text: digits(value / 1000), unit: "s" };
  return { text: digits(value / 60_000), unit: "min" };
}

/** A relative error as the parity badge writes it: 3e-7. */
export const relativeError = (value: number): string => (value === 0 ? "0" : value.toExponential(0).replace("e-0", "e-"));
export const written = (figure: Written): string => (figure.unit === "" ? figure.text : `${figure.text} ${figure.unit}`);

/** "12 s ago", "in 3 min". */
export function relativeTime(iso: string, nowMs: number): string {
  const delta = nowMs - Date.parse(iso);
  const size = Math.abs(delta) / 1000;
  if (Number.isNaN(delta)) return "–";
  if (size < 5) return "now";
  const [amount, unit] = size < 90 ? [size, "s"] : size < 5400 ? [size / 60, "min"] : size < 129_600 ? [size / 3600, "h"] : [size / 86_400, "d"];
  return delta >= 0 ? `${Math.round(amount)} ${unit} ago` : `in ${Math.round(amount)} ${unit}`;
}

/** Layers as people count them: [0, 14) → "1–14". */
export const layerNumbers = (range: { from: number; to: number }): string => (range.to - range.from === 1 ? `${range.to}` : `${range.from + 1}–${range.to}`);
export const layersText = (range: { from: number; to: number }): string => `layer${range.to - range.from === 1 ? "" : "s"} ${layerNumbers(range)}`;

/** Measured against predicted: "+6 %". */
export function errorText(measured: number, predicted: number): string {
  if (predicted === 0) return "";
  const share = ((measured - predicted) / predicted) * 100;
  return `${share >= 0 ? "+" : "−"}${Math.abs(share) < 9.95 ? Math.abs(share).toFixed(1) : Math.abs(share).toFixed(0)} %`;
}
