"use client";
import Link from "next/link";
import { buttonClass } from "../ui/Button.tsx";
import { State } from "../ui/State.tsx";
import { Uninstall } from "./Uninstall.tsx";

export function RemovedNode({ name }: { name: string }) {
  return (
    <div className="max-w-3xl space-y-3">
      <p role="status"><State tone="ok">{name} was removed from the fleet</State></p>
      <p className="text-ink-2">Last of all, on the machine itself:</p>
      <Uninstall />
      <Link href="/nodes" className={buttonClass()}>All nodes</Link>
    </div>
  );
}
