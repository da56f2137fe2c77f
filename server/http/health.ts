// Answers whether the process lives and whether it can do its work. Both may be asked by anybody who reaches them, except readiness beyond loopback.
import type { RequestHandler } from "../deps.ts";
import type { Db } from "../store/db.ts";
import { answerJson, answerText } from "./answer.ts";

/** A database that answers later than this is not there. */
const DATABASE_TIMEOUT_MS = 2_000;

type HealthOptions = { isStarted(): boolean; /** Pages of these origins, other consoles' pages, may read that this one lives. */ isKnownConsole(origin: string): boolean };

export function createHealthHandler(db: Db, { isStarted, isKnownConsole }: HealthOptions): RequestHandler {
  return async (req, res) => {
    if (req.url === "/healthz") {
      const { origin } = req.headers;
      res.setHeader("vary", "origin");
      if (origin !== undefined && isKnownConsole(origin)) res.setHeader("access-control-allow-origin", origin);
      answerText(res, 200, "ok\n");
    }
    else if (req.url === "/readyz") {
      const database = await answersInTime(db);
      const ready = database && isStarted();
      answerJson(res, ready ? 200 : 503, { ready, database: database ? "up" : "down", loops: isStarted() ? "running" : "starting" });
    } else return false;
    return true;
  };
}

async function answersInTime(db: Db): Promise<boolean> {
  const asked = db.$queryRaw`SELECT 1`.then(() => true, () => false);
  const { promise, resolve } = withResolvers();
  const timer = setTimeout(() => resolve(false), DATABASE_TIMEOUT_MS);
  const answered = await Promise.race([asked, promise]);
  clearTimeout(timer);
  return answered;
}

function withResolvers(): { promise: Promise<boolean>; resolve(value: boolean): void } {
  let resolve: (value: boolean) => void = () => {};
  const promise = new Promise<boolean>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
