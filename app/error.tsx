"use client";
import { Problem } from "../components/ui/Problem.tsx";

export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  return <div className="mx-auto max-w-xl p-6"><Problem title="This page failed" error={error} retry={reset} /></div>;
}
