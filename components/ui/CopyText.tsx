"use client";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./IconButton.tsx";

const SHOWN_MS = 1800;

/** Text to paste elsewhere, with a button that copies it. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <div className="flex items-start gap-1 rounded-md border border-line-strong bg-sunken py-1 pr-1 pl-2.5">
      <code className="num min-w-0 flex-1 py-1 text-xs break-all whitespace-pre-wrap" title={label}>{text}</code>
      <IconButton label={copied ? "Copied" : `Copy ${label}`} onClick={() => void copy()}>{copied ? <Check size={14} /> : <Copy size={14} />}</IconButton>
    </div>
  );
}
