/** Levenshtein's distance in characters (Unicode code points): the fewest insertions, deletions and replacements that make one of the other. */
export function editDistance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  let before = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [row, character] of from.entries()) {
    const now = [row + 1];
    for (const [at, other] of to.entries()) now.push(Math.min((now[at] as number) + 1, (before[at + 1] as number) + 1, (before[at] as number) + (character === other ? 0 : 1)));
    before = now;
  }
  return before[to.length] as number;
}
