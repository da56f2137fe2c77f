"use client";
import { useLive } from "../live/live-store.ts";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

export function ConnectionState() {
  const connection = useLive((state) => state.connection);
  const lostAt = useLive((state) => state.lostAt);
  return (
    <span className="mr-1 max-w-40 truncate sm:max-w-none" data-testid="connection">
      {connection === "live" && <State tone="ok"><span className="max-sm:sr-only">live</span></State>}
      {connection === "connecting" && <State tone="busy"><span className="max-sm:sr-only">connecting</span></State>}
      {connection === "lost" && <State tone="warn">stale<span className="max-sm:hidden"> since <Time iso={lostAt} />, reconnecting</span></State>}
    </span>
  );
}
