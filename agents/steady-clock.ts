// Owns the clock by which this process waits: milliseconds as of the epoch when it started, and going on evenly however the machine's clock is set meanwhile.
// What is written down or told to others has the machine's own time.
export const steadyNowMs = (): number => performance.timeOrigin + performance.now();
