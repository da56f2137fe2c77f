// Decides in which order requests go that wait at the same place. A level is worth a time: a request is passed only by those that come so soon after it
// that their level makes up for it, so that whatever asks for nothing goes, too, however much comes before it. Pure.

/** 1 goes first; who asks for none, or for more than there are, is of the last. */
export const PRIORITY_LEVELS = 8;
/** Of one level before the next: the last is passed by the first for less than two seconds. */
const LEVEL_MS = 250;

export const levelOf = (priority: number): number => (priority >= 1 && priority <= PRIORITY_LEVELS ? priority : PRIORITY_LEVELS);

/** Lowest first; equal ones in order of arrival. `arrivedAt` on any steady clock, ms. */
export const turnOf = ({ arrivedAt, priority }: { arrivedAt: number; priority: number }): number => arrivedAt + (levelOf(priority) - 1) * LEVEL_MS;
