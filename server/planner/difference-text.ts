/** A relative difference as sentences have it: "0", "3.1e-7". */
export const differenceText = (relative: number): string => (relative === 0 ? "0" : relative.toExponential(1));
