"use client";
import { useEffect, useState } from "react";
import { State } from "../ui/State.tsx";

/** Time that is left, to the second; a screen reader is told only when it is over. */
export function Countdown({ iso, over }: { iso: string; over: string }) {
  const [leftMs, setLeft] = useState<number | null>(null);
  useEffect(() => {
    const tick = () => setLeft(Date.parse(iso) - Date.now());
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [iso]);
  if (leftMs === null) return null;
  if (leftMs <= 0) return <span role="alert"><State tone="warn">{over}</State></span>;
  const seconds = Math.ceil(leftMs / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return <time dateTime={iso} title={new Date(iso).toLocaleString("en-GB")} className="num whitespace-nowrap">{hours > 0 ? `${hours}:` : ""}{two(Math.floor(seconds / 60) % 60)}:{two(seconds % 60)}</time>;
}
