/**
 * Ends this process with the one that forked it, `kill -9` of that included, also when it was gone before anybody here could listen.
 * Signals sent to the whole group (Ctrl-C) are the parent's to act upon. Call it once everything else is in place.
 */
export function endWithParent(): void {
  process.on("disconnect", () => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  // The channel closed while this program was being loaded: nobody will say so any more.
  if (!process.connected) process.exit(0);
}
