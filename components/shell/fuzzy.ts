// Owns how what is typed is matched with a name. Pure.

/** 0 = no match; more is better. Every word must be found: whole is best, at a word's start next, else its letters in their order. */
export function fuzzyScore(text: string, typed: string): number {
  const lower = text.toLowerCase();
  let score = 1;
  for (const word of typed.toLowerCase().split(/\s+/).filter((one) => one !== "")) {
    const found = scoreWord(lower, word);
    if (found === 0) return 0;
    score += found;
  }
  return score;
}

function scoreWord(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at === 0) return 100;
  if (at > 0) return isWordStart(text, at) ? 80 : 50;
  let from = 0;
  let score = 10;
  for (const letter of word) {
    const next = text.indexOf(letter, from);
    if (next < 0) return 0;
    if (next === from || isWordStart(text, next)) score += 2;
    from = next + 1;
  }
  return score;
}

const isWordStart = (text: string, at: number): boolean => at === 0 || /[^a-z0-9]/.test(text[at - 1] ?? " ");
