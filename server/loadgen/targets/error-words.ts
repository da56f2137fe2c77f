// Owns what an error of a connection is called in one line.

/** Of several addresses that were tried, Node's error has its words in its parts; of a call whose connection failed, in its cause. */
export function errorWords(error: Error & { code?: string; errors?: Error[] }): string {
  if (error.cause instanceof Error) return errorWords(error.cause);
  return (error.message || error.errors?.map(({ message }) => message).join(", ") || error.code || error.name).replace(/\s+/g, " ").trim();
}
