// Owns the demo camera: sends the demo's picture at a gentle rate and says when an answer is not the text it should be.

export type CameraOptions = { url: string; picture: Uint8Array; perSecond: number; expectedText: string; log(line: string): void };

/** A picture is left out when the one before is still on its way: a camera never queues. */
export function startCamera({ url, picture, perSecond, expectedText, log }: CameraOptions): { stop(): void } {
  const ended = new AbortController();
  let busy = false;
  let failing = false;
  const shoot = async () => {
    if (busy) return;
    busy = true;
    let problem: string | null = null;
    try {
      const response = await fetch(url, { method: "POST", headers: { "content-type": "image/png", "user-agent": "cutplane-demo-camera" }, body: new Uint8Array(picture), signal: AbortSignal.any([ended.signal, AbortSignal.timeout(10_000)]) });
      const body = await response.text();
      if (!response.ok) problem = `status ${response.status}`;
      else if ((JSON.parse(body) as { text: string }).text !== expectedText) problem = `it read "${(JSON.parse(body) as { text: string }).text}"`;
    } catch (error) {
      problem = (error as Error).message;
    }
    busy = false;
    if (ended.signal.aborted) return;
    if (problem && !failing) log(`demo camera: ${problem}; trying on`);
    if (!problem && failing) log("demo camera: answers come again");
    failing = problem !== null;
  };
  const timer = setInterval(() => void shoot(), 1000 / perSecond);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      ended.abort();
    },
  };
}
