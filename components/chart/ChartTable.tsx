import { written } from "../format.ts";
import { type ChartSpec, tableIndexes } from "./chart-data.ts";
import type { Marker } from "./chart-markers.ts";
import { nearestIndex } from "./chart-points.ts";
import type { Span } from "./chart-window.ts";

/** Spread over the span; one row a second would be a wall of numbers. */
const ROWS_MAX = 60;

type Props<P> = { label: string; specs: ChartSpec<P>[]; data: { timesMs: number[]; points: (P | null)[] }; span: Span; markers: readonly Marker[] };

/** What the charts show, as numbers in rows: for a screen reader, and for whoever wants to read them exactly. */
export function ChartTable<P>({ label, specs, data, span, markers }: Props<P>) {
  const [from, to] = [nearestIndex(data.timesMs, span.fromMs), nearestIndex(data.timesMs, span.toMs)];
  const rows = tableIndexes(data.points, from, to, ROWS_MAX);
  const columns = specs.flatMap((spec) => [...spec.lines.map((line) => ({ key: `${spec.key}-${line.key}`, name: `${spec.title.split(",")[0]}, ${line.label}`, of: line.of, write: spec.write })), ...(spec.band ? [{ key: `${spec.key}-band`, name: `${spec.title.split(",")[0]}, ${spec.band.label}`, of: spec.band.middle, write: spec.write }] : [])]);
  const noted = (index: number, before: number | undefined) => markers.filter((marker) => marker.atMs <= (data.timesMs[index] ?? 0) && marker.atMs > (before === undefined ? span.fromMs : (data.timesMs[before] ?? 0))).map((marker) => marker.label).join(", ");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached by keys
    <section className="relative max-h-[26rem] overflow-auto" aria-label={`${label}, as a table`} tabIndex={0}>
      <table className="rowed w-full" data-testid="chart-table">
        <caption className="sr-only">{label}, newest first, at most {ROWS_MAX} rows of the span shown</caption>
        <thead className="sticky top-0 bg-panel"><tr><th>Time</th>{columns.map((column) => <th key={column.key}>{column.name}</th>)}<th>Event</th></tr></thead>
        <tbody>
          {rows.map((index, row) => {
            const point = data.points[index];
            const at = new Date(data.timesMs[index] ?? 0);
            return <tr key={at.getTime()}><td className="num"><time dateTime={at.toISOString()}>{at.toLocaleTimeString("en-GB")}</time></td>{columns.map((column) => <td key={column.key} className="num">{point === null || point === undefined ? "–" : written(column.write(column.of(point)))}</td>)}<td>{noted(index, rows[row + 1])}</td></tr>;
          })}
        </tbody>
      </table>
    </section>
  );
}
