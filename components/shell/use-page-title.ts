// Owns the window's title for pages about one thing: its name is known only once it was read.
import { useEffect } from "react";

export function usePageTitle(name: string | undefined): void {
  useEffect(() => { if (name) document.title = `${name} · Cutplane`; }, [name]);
}
