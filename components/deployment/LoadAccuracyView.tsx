"use client";
import type { AccuracyReport, GradedAnswers } from "../../server/loadgen/method/accuracy-report.ts";
import type { Dataset } from "../../server/loadgen/method/dataset.ts";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { RULE_TEXTS, shareText } from "./load-words.ts";

/** What an accuracy run found: the share with its interval, characters, classes, and the samples that are wrong. */
export function LoadAccuracyView({ accuracy, graded, dataset }: { accuracy: AccuracyReport; graded: GradedAnswers; dataset: Dataset | null }) {
  const { asked, correct, interval } = accuracy;
  const { rule, text, failedCount, refusedCount, unreadableCount, sampleCount } = graded;
  const rows: [string, string, string][] = [
    [rule === "text" ? "exact match" : "right", asked === 0 ? "–" : `${shareText(correct / asked)} (${correct} of ${asked})`, interval ? `${shareText(interval.low)} – ${shareText(interval.high)}` : ""],
    ...(text && text.characters > 0 ? [["character error rate", `${shareText(text.wrongCharacters / text.characters)} (${text.wrongCharacters} of ${text.characters})`, ""] as [string, string, string]] : []),
    ...([["failed, so wrong", failedCount], ["of them refused", refusedCount], ["not comparable, so wrong", unreadableCount], ["not asked", sampleCount - asked]] as const).flatMap(([name, count]): [string, string, string][] => (count > 0 ? [[name, String(count), ""]] : [])),
  ];
  return (
    <div className="space-y-3" data-testid="load-accuracy">
      <ScrollArea label="Figures" className="overflow-x-auto"><table className="rowed w-full text-xs">
        <thead><tr><th>Figure</th><th>Measured</th><th>95 % between</th></tr></thead>
        <tbody>{rows.map(([name, measured, between]) => <tr key={name}><td>{name}</td><td className="num">{measured}</td><td className="num">{between}</td></tr>)}</tbody>
      </table></ScrollArea>
      <p className="text-xs break-words text-ink-2">{rule ? `${RULE_TEXTS[rule]} ` : ""}Each sample was asked once. {dataset && <>Data: {dataset.name}, SHA-256 <span className="num break-all">{dataset.digest.slice(0, 16)}…</span></>}</p>
      {graded.classes.length > 0 && <Classes graded={graded} />}
      {graded.wrong.length > 0 && <Wrong graded={graded} />}
    </div>
  );
}

function Classes({ graded: { classes, classCount } }: { graded: GradedAnswers }) {
  return (
    <ScrollArea label="Classes" className="max-h-64 overflow-auto"><table className="rowed w-full text-xs" data-testid="load-classes">
      <caption className="text-left text-ink-2">{classCount > classes.length ? `The ${classes.length} largest of ${classCount} classes` : "Classes"}</caption>
      <thead><tr><th>Label</th><th>Samples</th><th>Right</th><th>Answers that say so</th></tr></thead>
      <tbody>{classes.map(({ label, count, right, told }) => <tr key={label}><td className="break-words">{label}</td><td className="num">{count}</td><td className="num">{right}</td><td className="num">{told}</td></tr>)}</tbody>
    </table></ScrollArea>
  );
}

function Wrong({ graded: { wrong, wrongCount } }: { graded: GradedAnswers }) {
  return (
    <ScrollArea label="Wrong samples" className="max-h-80 overflow-auto"><table className="rowed w-full text-xs" data-testid="load-wrong">
      <caption className="text-left text-ink-2">{wrongCount > wrong.length ? `The first ${wrong.length} of ${wrongCount} wrong samples` : "Wrong samples"}</caption>
      <thead><tr><th>Sample</th><th>Expected</th><th>Got</th></tr></thead>
      <tbody>{wrong.map(({ sample, expected, got, why }) => <tr key={sample}><td className="num">{sample + 1}</td><td className="break-words">{String(expected)}</td><td className="break-words">{got ?? ""}{why !== null && <span className="block text-ink-2">{why}</span>}</td></tr>)}</tbody>
    </table></ScrollArea>
  );
}
