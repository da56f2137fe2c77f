/** x of A·x = b by elimination with row pivots; a column without a pivot gives 0. Both arguments are used up. */
export function solveLinear(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  const at = (row: number, column: number) => matrix[row]?.[column] ?? 0;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    if (Math.abs(at(pivot, column)) < 1e-12) continue;
    [matrix[column], matrix[pivot]] = [matrix[pivot] as number[], matrix[column] as number[]];
    [right[column], right[pivot]] = [right[pivot] ?? 0, right[column] ?? 0];
    for (let row = column + 1; row < size; row++) {
      const factor = at(row, column) / at(column, column);
      if (factor === 0) continue;
      const line = matrix[row] as number[];
      for (let k = column; k < size; k++) line[k] = (line[k] ?? 0) - factor * at(column, k);
      right[row] = (right[row] ?? 0) - factor * (right[column] ?? 0);
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    let rest = right[row] ?? 0;
    for (let column = row + 1; column < size; column++) rest -= at(row, column) * (solution[column] ?? 0);
    solution[row] = Math.abs(at(row, row)) < 1e-12 ? 0 : rest / at(row, row);
  }
  return solution;
}
