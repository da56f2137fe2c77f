// Owns what text of an agent may hold: what PostgreSQL can't store would keep the rows and events of everybody waiting behind it.
import { z } from "zod";

/** At most so many UTF-16 units; NUL and halves of surrogate pairs become U+FFFD. */
export function agentText(maxLength: number) {
  return z.string().max(maxLength).transform((value) => value.replace(/\0|\p{Surrogate}/gu, "\uFFFD"));
}
