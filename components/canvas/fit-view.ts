/** Fitting leaves room for the tools above, and must not shrink text below what can be read. */
export const FIT = { padding: { top: "64px", right: "40px", bottom: "32px", left: "56px" }, maxZoom: 1, minZoom: 0.45 } as const;
