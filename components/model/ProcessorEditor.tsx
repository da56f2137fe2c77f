"use client";
import { useState } from "react";
import type { ModelFull } from "../api.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { OptionField } from "./OptionField.tsx";
import { strangeOptions } from "./processor-draft.ts";
import { PROCESSOR_KINDS, kindOf, type ProcessorOption } from "./processor-kinds.ts";
import { type ProcessorForm, useProcessorForm } from "./use-processor-form.ts";

/** What the model's processor is, and the way to change it. */
export function ProcessorEditor({ model }: { model: ModelFull }) {
  const [open, setOpen] = useState(false);
  const { processor } = model;
  return (
    <div className="flex items-center gap-3">
      <span data-testid="processor-kind">{processor ? `processor ${processor.kind}` : "no processor: tensors only"}</span>
      <Button onClick={() => setOpen(true)} data-testid="edit-processor">{processor ? "Change the processor" : "Add a processor"}</Button>
      <Dialog wide open={open} onOpenChange={setOpen} title={`Processor of ${model.name}`} description="It turns a picture, a text or a recording into the tensors the model takes, and its outputs into what they mean. Running deployments take the change on while they serve." testId="processor-dialog">{open && <Form model={model} close={() => setOpen(false)} />}</Dialog>
    </div>
  );
}

function Form({ model, close }: { model: ModelFull; close: () => void }) {
  const form = useProcessorForm(model, (kind) => { told(kind ? `${model.name} has the processor ${kind}.` : `${model.name} takes tensors only.`); close(); });
  const kind = kindOf(form.draft.kind);
  const common = kind?.options.filter((option) => option.common) ?? [];
  const rest = kind?.options.filter((option) => !option.common) ?? [];
  return (
    <form ref={form.element} noValidate className="space-y-4" onSubmit={(event) => { event.preventDefault(); form.save(); }}>
      <label className="block">
        <span className="mb-0.5 block text-xs text-ink-3">Kind</span>
        <select className="field" value={form.draft.kind} onChange={(event) => form.setKind(event.target.value)} data-testid="processor-kind-choice">
          <option value="">none: tensors only</option>
          {PROCESSOR_KINDS.map((one) => <option key={one.kind} value={one.kind}>{one.kind}: {one.does}</option>)}
        </select>
      </label>
      <Strange model={model} kind={form.draft.kind} />
      {!kind && model.processor && <p className="text-ink-2">Saving takes the processor {model.processor.kind} away{model.processorFiles.length > 0 && `, with ${model.processorFiles.map((file) => file.name).join(", ")}`}. Requests with tensors go on as before; /process answers that there is none.</p>}
      {common.length > 0 && <Options options={common} form={form} model={model} />}
      {rest.length > 0 && (
        <details open={form.more} onToggle={(event) => form.setMore(event.currentTarget.open)}>
          <summary className="mb-2 text-ink-2">All {rest.length} other options</summary>
          <Options options={rest} form={form} model={model} />
        </details>
      )}
      {form.error !== null && <Problem title="The processor was not saved" error={form.error} />}
      <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line pt-3">
        <p role="status" className="mr-auto text-ink-2">{form.sending ? `Sending ${form.sending}…` : form.tried && form.problems.length > 0 ? `${form.problems.length} option${form.problems.length === 1 ? "" : "s"} to correct` : ""}</p>
        <Button look="quiet" onClick={close}>Cancel</Button>
        <Button type="submit" look="primary" busy={form.busy} data-testid="save-processor">{form.busy ? "Saving…" : "Save"}</Button>
      </div>
    </form>
  );
}

function Options({ options, form, model }: { options: readonly ProcessorOption[]; form: ProcessorForm; model: ModelFull }) {
  return (
    <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      {options.map((option) => {
        const text = form.draft.values[option.name] ?? "";
        // What is missing is told once saving was tried; what is written wrongly, at once.
        const problem = form.tried || text !== "" ? form.problems.find((one) => one.option === option.name) : undefined;
        return <OptionField key={option.name} option={option} text={text} model={model} picked={form.picked[option.name]} problem={problem} setText={(next) => form.setText(option.name, next)} pick={(file) => form.pick(option.name, file)} />;
      })}
    </div>
  );
}

/** Declared through the API with what this page does not know. */
function Strange({ model, kind }: { model: ModelFull; kind: string }) {
  const { processor } = model;
  if (!processor) return null;
  const strange = strangeOptions(processor);
  if (!kindOf(processor.kind)) return <p role="note" className="text-warn">The declared kind {processor.kind} is none of these, so no ingress can load it.</p>;
  if (strange.length === 0 || kind !== processor.kind) return null;
  return <p role="note" className="text-warn">{processor.kind} has no option {strange.join(", ")}, so no ingress can load it. Saving leaves {strange.length === 1 ? "it" : "them"} out.</p>;
}
