// biome-ignore-all lint/security/noDangerouslySetInnerHtml: a constant of ours that must run before the first paint
import "@fontsource-variable/geist";
import "@fontsource-variable/geist-mono";
import "@xyflow/react/dist/base.css";
import "uplot/dist/uPlot.min.css";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Providers } from "../components/Providers.tsx";
import { Shell } from "../components/shell/Shell.tsx";
import { THEME_SCRIPT } from "../components/shell/theme.ts";

export const metadata: Metadata = { title: { default: "Cutplane", template: "%s · Cutplane" }, description: "Inference that is cut across machines." };
export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" data-theme="light" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: THEME_SCRIPT }} />
      </head>
      <body>
        <Providers>
          <Shell>{children}</Shell>
        </Providers>
      </body>
    </html>
  );
}
