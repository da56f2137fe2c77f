// Owns the programme as text in the CPLEX LP format, which HiGHS and most other solvers read.
import type { Milp, Row } from "./milp.ts";

/** Terms a line; the format ends a line at 560 characters. */
const TERMS_PER_LINE = 8;

/** The objective is in units of `unit`, and leaves out the constant: solvers judge what is near 1 best. */
export function writeLp({ columns, rows }: Milp, unit: number): string {
  const priced = columns.flatMap((column, index) => (column.cost === 0 ? [] : [{ column: index, value: column.cost / unit }]));
  const names = columns.map((column) => column.name);
  return [
    "Minimize",
    `cost: ${sum(names, priced.length > 0 ? priced : [{ column: 0, value: 0 }])}`,
    "Subject To",
    ...rows.flatMap((row) => writeRow(names, row)),
    "Binary",
    ...columns.flatMap((column) => (column.whole ? [column.name] : [])),
    "End",
    "",
  ].join("\n");
}

function writeRow(names: readonly string[], { name, terms, lower, upper }: Row): string[] {
  const left = sum(names, terms.length > 0 ? terms : [{ column: 0, value: 0 }]);
  if (lower !== null && lower === upper) return [`${name}: ${left} = ${lower}`];
  return [...(lower === null ? [] : [`${name}_least: ${left} >= ${lower}`]), ...(upper === null ? [] : [`${name}_most: ${left} <= ${upper}`])];
}

function sum(names: readonly string[], terms: Row["terms"]): string {
  return terms.map(({ column, value }, index) => `${index % TERMS_PER_LINE === 0 && index > 0 ? "\n " : ""}${value < 0 ? "-" : "+"} ${Math.abs(value)} ${names[column]}`).join(" ");
}
