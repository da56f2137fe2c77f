"use client";
import { CircleHelp, Command, Moon, Sun, SunMoon } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { ActHost } from "../act/ActHost.tsx";
import { ConsoleNotice } from "../consoles/ConsoleNotice.tsx";
import { OperationTray } from "../operation/OperationTray.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { Announcer } from "../live/Announcer.tsx";
import { TourCommand } from "../tour/TourCommand.tsx";
import { Notices } from "../ui/Notices.tsx";
import { CommandPalette } from "./CommandPalette.tsx";
import { ConnectionState } from "./ConnectionState.tsx";
import { KeysSheet } from "./KeysSheet.tsx";
import { PlaceLink } from "./PlaceLink.tsx";
import { Places } from "./Places.tsx";
import { keepFocus } from "./keep-focus.ts";
import { keysOf } from "./shortcuts.ts";
import { setTheme, THEMES, useTheme, watchTheme } from "./theme.ts";
import { listenForShortcuts, useShortcuts } from "./use-shortcuts.ts";

export function Shell({ children }: { children: ReactNode }) {
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  useEffect(() => watchTheme(), []);
  useEffect(() => listenForShortcuts(), []);
  useEffect(() => keepFocus(), []);
  useShortcuts({ "everywhere.commands": { run: () => setPalette((open) => !open) }, "everywhere.keys": { run: () => setKeys(true) } });
  return (
    <div className="flex h-dvh flex-col">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2">Skip to the content</a>
      <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-panel px-2 sm:gap-3 sm:px-3">
        <PlaceLink href="/" className="flex shrink-0 items-center gap-2 max-[15rem]:hidden font-medium tracking-tight" aria-label="Cutplane, overview" title="Overview"><Mark /><span className="max-[62rem]:hidden">Cutplane</span></PlaceLink>
        <Places />
        <div className="ml-auto flex shrink-0 items-center">
          <ConnectionState />
          <OperationTray />
          <IconButton label="Commands" keys={keysOf("everywhere.commands")} onClick={() => setPalette(true)}><Command size={15} /></IconButton>
          <ThemeButton />
          <IconButton label="Keyboard shortcuts" keys={keysOf("everywhere.keys")} className="max-sm:hidden" onClick={() => setKeys(true)}><CircleHelp size={15} /></IconButton>
        </div>
      </header>
      <ConsoleNotice />
      <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">{children}</main>
      <CommandPalette open={palette} onOpenChange={setPalette} />
      <KeysSheet open={keys} onOpenChange={setKeys} />
      <Announcer />
      <TourCommand />
      <ActHost />
      <Notices />
    </div>
  );
}

function ThemeButton() {
  const theme = useTheme((state) => state.theme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const Icon = { system: SunMoon, light: Sun, dark: Moon }[theme];
  return <IconButton label={`Theme: ${theme}. Change to ${next}`} className="max-[15rem]:hidden" onClick={() => setTheme(next)}><Icon size={15} /></IconButton>;
}

/** A plane, cut. */
function Mark() {
  return <svg viewBox="0 0 24 24" aria-hidden className="size-[1.55em] shrink-0"><path d="M3 4.5h10L9.5 19.5H3z" className="fill-accent" /><path d="M16 4.5h5v15h-8.5z" className="fill-accent-mid" /></svg>;
}
