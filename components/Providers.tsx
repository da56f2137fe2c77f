"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { type ReactNode, useEffect } from "react";
import { queryClient } from "./api.ts";
import { watchConsoles } from "./consoles/watch-consoles.ts";
import { connectLive } from "./live/connect-live.ts";

const TOOLTIP_DELAY_MS = 350;

export function Providers({ children }: { children: ReactNode }) {
  useEffect(() => watchConsoles(), []);
  useEffect(() => connectLive(), []);
  return (
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider delayDuration={TOOLTIP_DELAY_MS}>{children}</Tooltip.Provider>
    </QueryClientProvider>
  );
}
