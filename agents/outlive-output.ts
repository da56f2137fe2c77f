/** A terminal that was closed, or a reader of a pipe that ended, takes only the output with it: unheard, the broken pipe would end the agent and the requests in flight. */
export function outliveOutput(streams: readonly NodeJS.EventEmitter[]): void {
  for (const stream of streams) stream.on("error", () => undefined);
}
