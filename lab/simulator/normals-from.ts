// Owns draws of a standard normal from a seed (Box & Muller 1958).
import { seededRandom } from "../../server/model/seeded-random.ts";

export function normalsFrom(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
