// Owns figures for Prometheus on the control link: console → agent, event "metrics" (no argument, acknowledged with MetricsPage), only while somebody scrapes.

/** `text`: Prometheus' text exposition format 0.0.4, at most MAX_METRICS_CHARS; null = `error` says why not. */
export type MetricsPage = { text: string | null; error: string | null };
/** Thousands of series; an agent has hundreds. */
export const MAX_METRICS_CHARS = 4 * 2 ** 20;
