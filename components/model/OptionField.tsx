"use client";
import { useId, useRef } from "react";
import type { ModelFull } from "../api.ts";
import { bytes, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import type { DraftProblem } from "./processor-draft.ts";
import type { ProcessorOption } from "./processor-kinds.ts";

export type OptionProps = { option: ProcessorOption; text: string; model: ModelFull; picked: File | undefined; problem: DraftProblem | undefined; setText: (text: string) => void; pick: (file: File | null) => void };

/** One option of a processor with its label, its default and what is wrong with it. */
export function OptionField(props: OptionProps) {
  const { option, problem } = props;
  const id = useId();
  const noteId = `${id}-note`;
  const wide = option.type === "file" || option.type === "texts";
  return (
    <div className={wide ? "sm:col-span-2" : ""} data-option={option.name}>
      <label htmlFor={id} className="mb-0.5 block text-xs text-ink-3">{option.label}</label>
      <Control {...props} id={id} noteId={noteId} />
      <p id={noteId} className={`mt-0.5 text-xs ${problem ? "text-bad" : "text-ink-3"}`}>{problem ? `${problem.message} ${problem.fix}` : option.hint}</p>
    </div>
  );
}

function Control({ option, text, model, picked, problem, setText, pick, id, noteId }: OptionProps & { id: string; noteId: string }) {
  const shared = { id, "aria-invalid": problem !== undefined, "aria-describedby": noteId };
  if (option.type === "file") return <FileControl {...{ option, text, model, picked, pick, shared }} />;
  if (option.type === "texts") return <textarea {...shared} className="field h-20! py-1" value={text} onChange={(event) => setText(event.target.value)} />;
  const choices = choicesOf(option, model);
  if (!choices) return <input {...shared} className="field num" value={text} placeholder={"fallback" in option ? String(option.fallback) : ""} onChange={(event) => setText(event.target.value)} />;
  // A value that is none of the choices (set through the API) stays visible, so that it can be corrected.
  const all = text === "" || choices.some(([value]) => value === text) ? choices : [...choices, [text, text] as const];
  return <select {...shared} className="field" value={text} onChange={(event) => setText(event.target.value)}>{all.map(([value, name]) => <option key={value} value={value}>{name}</option>)}</select>;
}

function choicesOf(option: ProcessorOption, model: ModelFull): (readonly [string, string])[] | null {
  switch (option.type) {
    case "boolean": return [["", `default: ${option.fallback ? "yes" : "no"}`], ["true", "yes"], ["false", "no"]];
    case "choice": return [["", `default: ${option.fallback}`], ...option.choices.map((choice) => [choice, choice] as const)];
    case "tensor": return [["", "default: by its name, or the only one"], ...model.facts[option.side].map(({ name }) => [name, name] as const)];
    default: return null;
  }
}

type FileProps = Pick<OptionProps, "text" | "model" | "picked" | "pick"> & { option: ProcessorOption & { type: "file" }; shared: { id: string; "aria-invalid": boolean; "aria-describedby": string } };

function FileControl({ option, text, model, picked, pick, shared }: FileProps) {
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const stored = model.processorFiles.find((file) => file.name === text);
  const size = picked ? `${written(bytes(picked.size))}, sent when you save` : stored ? `${written(bytes(stored.bytes))}, kept` : "not uploaded";
  const clear = () => { pick(null); button.current?.focus(); };
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Button {...shared} ref={button} aria-label={`${option.label}: ${text ? `${text}, choose another file` : "choose a file"}`} onClick={() => input.current?.click()}>{text ? "Choose another…" : "Choose a file…"}</Button>
      <input ref={input} type="file" hidden tabIndex={-1} aria-label={`File for ${option.label}`} accept={option.takes} data-testid={`file-${option.name}`} onChange={(event) => { const file = event.target.files?.[0]; if (file) pick(file); event.target.value = ""; }} />
      {text && <span className="min-w-0 break-all"><span className="num text-xs">{text}</span> <span className="text-xs text-ink-3">{size}</span></span>}
      {text && <Button look="quiet" aria-label={`Remove ${text} from ${option.label}`} onClick={clear}>Remove</Button>}
    </div>
  );
}
