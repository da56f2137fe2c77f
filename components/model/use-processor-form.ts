// Owns the state of the processor form: the draft, the files chosen, what keeps it from being saved, and saving it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { client, type ModelFull } from "../api.ts";
import { type DraftProblem, draftOf, fileNames, type ProcessorDraft, readDraft, withKind } from "./processor-draft.ts";
import { kindOf } from "./processor-kinds.ts";
import { uploadFile } from "./upload-file.ts";

export type ProcessorForm = {
  element: RefObject<HTMLFormElement | null>;
  draft: ProcessorDraft;
  /** Chosen and not sent yet, by option. */
  picked: Record<string, File>;
  problems: DraftProblem[];
  /** Saving was tried: now what is missing is shown too. */
  tried: boolean;
  more: boolean;
  /** The file on its way. */
  sending: string | null;
  busy: boolean;
  error: unknown;
  setKind: (kind: string) => void;
  setText: (option: string, text: string) => void;
  pick: (option: string, file: File | null) => void;
  setMore: (more: boolean) => void;
  save: () => void;
};

export function useProcessorForm(model: ModelFull, saved: (kind: string | null) => void): ProcessorForm {
  const element = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState(() => draftOf(model.processor));
  const [picked, setPicked] = useState<Record<string, File>>({});
  const [tries, setTries] = useState(0);
  const [more, setMore] = useState(() => foldedOptions(draft.kind).some((name) => draft.values[name]));
  const { processor, problems: written } = readDraft(draft);
  const problems = [...written, ...missingFiles(draft, picked, model)];
  const saving = useSave(model, saved);
  useEffect(() => {
    if (tries > 0) element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [tries]);
  const setText = (option: string, text: string) => setDraft((now) => ({ ...now, values: { ...now.values, [option]: text } }));
  return {
    element, draft, picked, problems, tried: tries > 0, more, sending: saving.sending, busy: saving.isPending, error: saving.error, setText, setMore,
    setKind: (kind) => { setTries(0); saving.reset(); setDraft((now) => withKind(now, kind)); },
    pick: (option, file) => {
      setText(option, file?.name ?? "");
      setPicked(({ [option]: _, ...others }) => (file ? { ...others, [option]: file } : others));
    },
    save: () => {
      if (problems.some((problem) => problem.option && foldedOptions(draft.kind).includes(problem.option))) setMore(true);
      setTries(tries + 1);
      if (problems.length > 0) return;
      const files = fileNames(draft).map((name) => Object.entries(picked).find(([option, file]) => file.name === name && draft.values[option] === name)?.[1] ?? name);
      saving.mutate({ processor, files });
    },
  };
}

const foldedOptions = (kind: string): string[] => kindOf(kind)?.options.filter((option) => !option.common).map((option) => option.name) ?? [];

/** A file is either chosen now or kept from before. */
function missingFiles(draft: ProcessorDraft, picked: Record<string, File>, model: ModelFull): DraftProblem[] {
  const options = kindOf(draft.kind)?.options.filter((option) => option.type === "file" && draft.values[option.name]) ?? [];
  return options.flatMap(({ name }) => (picked[name] || model.processorFiles.some((file) => file.name === draft.values[name]) ? [] : [{ option: name, message: `“${draft.values[name]}” was never uploaded.`, fix: "Choose the file." }]));
}

/** New files go first, so that a declaration never names a file the console has not. Closing the form stops the sending. */
function useSave(model: ModelFull, saved: (kind: string | null) => void) {
  const queries = useQueryClient();
  const [sending, setSending] = useState<string | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const mutation = useMutation({
    mutationFn: async ({ processor, files }: { processor: ReturnType<typeof readDraft>["processor"]; files: (File | string)[] }) => {
      const controller = new AbortController();
      abort.current = controller;
      const { signal } = controller;
      const sent: { name: string; digest: string }[] = [];
      for (const file of files) {
        if (typeof file === "string") {
          sent.push(...model.processorFiles.filter((one) => one.name === file).map(({ name, digest }) => ({ name, digest })));
          continue;
        }
        setSending(file.name);
        sent.push(await uploadFile("processor", file, signal));
      }
      setSending(null);
      return client.models.setProcessor.mutate({ id: model.id, processor, files: sent }, { signal });
    },
    onSuccess: async ({ processor }) => {
      await queries.invalidateQueries();
      saved(processor?.kind ?? null);
    },
    onSettled: () => setSending(null),
  });
  return { ...mutation, sending };
}
