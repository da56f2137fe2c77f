// Owns what is being acted on beside a loop that goes on looking: one act of a thing at a time, a few of all things at once.

/** Each plans, and may compare a cut model with the whole one: more at once only wait for the same cores. */
export const MAX_ACTS = 4;

export type Acts = {
  isBusy(id: string): boolean;
  hasRoom(): boolean;
  /** Begins at once; what it rejects with goes to `failed`. @throws Error where it is busy or there is no room: ask before */
  begin(id: string, run: () => Promise<void>): void;
  /** Until those under way have ended, well or not. */
  ended(): Promise<void>;
};

export function createActs(failed: (id: string, error: unknown) => void, most = MAX_ACTS): Acts {
  const underWay = new Map<string, Promise<void>>();
  return {
    isBusy: (id) => underWay.has(id),
    hasRoom: () => underWay.size < most,
    begin(id, run) {
      if (underWay.has(id) || underWay.size >= most) throw new Error(`${id} cannot be acted on now`);
      underWay.set(id, run().catch((error) => failed(id, error)).finally(() => underWay.delete(id)));
    },
    async ended() {
      await Promise.all(underWay.values());
    },
  };
}
