// Owns the theme: light, dark, or as the system says. Kept in the browser.
import { create } from "zustand";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const KEY = "cutplane-theme";

/** Runs before the first paint, so that no wrong theme flashes. */
export const THEME_SCRIPT = `(()=>{let t;try{t=localStorage.getItem("${KEY}")}catch{}const d=t==="dark"||(t!=="light"&&matchMedia("(prefers-color-scheme: dark)").matches);document.documentElement.dataset.theme=d?"dark":"light"})()`;

export const useTheme = create<{ theme: Theme }>(() => ({ theme: "system" }));

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  useTheme.setState({ theme });
  paint(theme);
}

/** Reads the kept theme and follows the system's changes; returns the way to stop. */
export function watchTheme(): () => void {
  const kept = localStorage.getItem(KEY);
  const theme = THEMES.find((one) => one === kept) ?? "system";
  useTheme.setState({ theme });
  paint(theme);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => paint(useTheme.getState().theme);
  system.addEventListener("change", changed);
  return () => system.removeEventListener("change", changed);
}

function paint(theme: Theme): void {
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
