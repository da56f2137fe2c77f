// Owns what a node tells of losses on its ways to its peers, as the operating system counts them on its own data connections.

/** Of an interval. `lostSegments`: sent again, those left out that had arrived after all. A share of few segments says little: so many are told at least, see agents/loss-reader.ts. */
export type LinkLoss = { toNodeId: string; sentSegments: number; lostSegments: number };
/** `readable`: this machine tells such counts. Links that sent too little to say anything are absent. */
export type LinkLosses = { readable: boolean; links: LinkLoss[] };
