// Owns how an agent's log is read: console → agent, event "logs" (LogQuery, acknowledged with LogPage), only while somebody looks.

/** Mildest first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
/** `seq` counts the lines of one start of the agent from 1. */
export type LogLine = { seq: number; at: string; level: LogLevel; code: string; message: string };
export type LogQuery = {
  /** Lines after this one, oldest first; null = the newest. */
  afterSeq: number | null;
  limit: number;
  /** This level and worse ones. */
  level: LogLevel;
};
export type LogPage = {
  /** Another one = the agent was started anew, and its lines count from 1 again. */
  bootId: string;
  /** Ascending. */
  lines: LogLine[];
  /** Oldest line still kept. */
  firstSeq: number;
  /** Goes into the next query's `afterSeq`. */
  nextSeq: number;
  /** Newest line. */
  headSeq: number;
};
export const MAX_LOG_LINES_PER_PAGE = 500;
