// Owns what the simulator takes from real agents: written by `npm run bench -- adapt-live --record`, never by hand.

/** `moveOverheadSeconds`: what a move takes beside fetching, loading and first runs. `moveSpread`: of logarithms, of its time around what is predicted. `interference`: how much longer requests take while it runs, 0.1 = a tenth. `ratioError`: mean absolute difference of its ratios (ours ÷ static) from live ones. */
export type Calibration = { settings: number; moves: number; moveOverheadSeconds: number; moveSpread: number; interference: number; ratioError: number };

/** null = the simulator's figures have not been held against real agents yet; then what it runs on are assumptions. */
export const CALIBRATED: (Calibration & { on: string }) | null = { on: "2026-11-28", settings: 6, moves: 19, moveOverheadSeconds: 1.226, moveSpread: 0.522, interference: 0.2197, ratioError: 0.0275 };
export const ASSUMED: Omit<Calibration, "ratioError"> = { settings: 0, moves: 0, moveOverheadSeconds: 2, moveSpread: 0.2, interference: 0.1 };
