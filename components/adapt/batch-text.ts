// Owns how many requests run together, in words.
import { digits } from "../format.ts";

export const batchText = ({ maxSize, maxDelayMs }: { maxSize: number; maxDelayMs: number }): string => (maxSize === 1 ? "each alone" : `up to ${maxSize} at once, waiting ${digits(maxDelayMs)} ms at most`);
