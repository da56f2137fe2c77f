"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, type DeploymentFull, type ServingSettings } from "../api.ts";
import { shownError } from "../shown-error.ts";
import { Button } from "../ui/Button.tsx";
import { told } from "../ui/notices.ts";
import { Problem } from "../ui/Problem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { BatchingState } from "./BatchingState.tsx";
import { LinesField } from "./LinesField.tsx";
import { NumberField as Field, FIELD_ROW as ROW } from "./NumberField.tsx";
import { firstPadding } from "./padding-form.ts";
import { type FieldName, type FieldProblems, fieldsOf, type ServingFields, settingsOf } from "./serving-form.ts";
import { Switch } from "./Switch.tsx";

/** How a deployment takes its requests. Ingresses follow while they serve; nothing restarts. */
export function Serving({ deployment }: { deployment: DeploymentFull }) {
  const query = useQuery(api.deployments.serving.queryOptions({ id: deployment.id }));
  const error = shownError(query);
  if (error) return <Problem title="How it takes requests could not be read" error={error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton rows={4} label="Loading how it takes requests" />;
  return <Form deployment={deployment} now={query.data} />;
}

function Form({ deployment, now }: { deployment: DeploymentFull; now: ServingSettings }) {
  const deploymentId = deployment.id;
  const [fields, setFields] = useState(() => fieldsOf(now));
  // What the draft began from: somebody else may change the settings meanwhile.
  const [base, setBase] = useState(now);
  const save = useMutation(api.deployments.setServing.mutationOptions({ onSuccess: (_, __, ___, { client }) => { told("Requests are taken by the new settings."); return client.invalidateQueries(api.deployments.serving.queryFilter({ id: deploymentId })); } }));
  const set = (change: Partial<ServingFields>) => setFields((before) => ({ ...before, ...change }));
  // What may be padded is in the model's declared shapes; while they are not here, the API tells.
  const model = useQuery({ ...api.models.get.queryOptions({ id: deployment.modelId }), enabled: fields.joins, staleTime: Number.POSITIVE_INFINITY }).data?.facts ?? null;
  const setPads = (pads: boolean) => set({ pads, ...(pads && model && fields.padDimensions === "" && fields.padValues === "" ? firstPadding(model) : {}) });
  const { settings, problems } = settingsOf(fields, model);
  const changed = settings === null || !same(settings, base);
  const takeTheirs = () => { setBase(now); setFields(fieldsOf(now)); };
  const isOvertaken = !same(now, base);
  if (isOvertaken && (!changed || (settings !== null && same(settings, now)))) takeTheirs();
  const field = (name: FieldName, label: string, unit = "") => <Field label={label} unit={unit} value={fields[name]} problem={(problems as FieldProblems | null)?.[name]} onChange={(value) => set({ [name]: value })} testId={`serving-${name}`} />;
  const lines = (name: "padDimensions" | "padValues", label: string, hint: string) => <LinesField label={label} hint={hint} value={fields[name]} problem={(problems as FieldProblems | null)?.[name]} onChange={(value) => set({ [name]: value })} testId={`serving-${name}`} />;
  return (
    <form className="flex flex-col gap-3" data-testid="serving" onSubmit={(event) => { event.preventDefault(); if (settings) save.mutate({ id: deploymentId, ...settings }); }}>
      <div className="flex flex-wrap gap-x-8 gap-y-3">
        <Group title="Requests together">
          <Switch checked={fields.joins} onChange={(joins) => set({ joins })} testId="serving-joins">Run requests that come together as one batch</Switch>
          {fields.joins && <div className={ROW}>{field("maxSize", "Items at most")}{field("maxDelayMs", "Wait at most", "ms")}{field("preferredSizes", "Go at once at")}{field("maxQueues", "Queues by shape")}</div>}
          {fields.joins && <Switch checked={fields.pads} onChange={setPads} testId="serving-pads">Pad requests of different lengths to one</Switch>}
          {fields.joins && fields.pads && <>{lines("padDimensions", "Dimensions, and lengths to pad to", "sequence: 16, 32, 64")}{lines("padValues", "What inputs are filled up with", "attention_mask = 0")}<p className="text-xs text-ink-2">A request is filled up to the next length, or, where none is given, to the longest it runs with; its answer is cut back. By this you say that the model does not see it, as with a mask: the first padded batch of each shape also runs one by one, and if answers differ nothing is padded any more.</p></>}
          {fields.joins && <Switch checked={fields.joinsWhenNeeded} onChange={(joinsWhenNeeded) => set({ joinsWhenNeeded })} testId="serving-joinsWhenNeeded">Only while Adapt finds that they have to</Switch>}
          {fields.joins && <BatchingState deployment={deployment} />}
          <p className="text-xs text-ink-2">{fields.joins && fields.joinsWhenNeeded ? "Each runs alone until more come than are carried, or the SLO's budget burns because they wait. Then larger batches are tried within these limits, measured, and kept where they gain. " : ""}{fields.joins ? "The first batch also runs one by one and is compared: a model whose answers differ goes on running each alone, and says so." : "Each request runs alone."}</p>
        </Group>
        <Group title="Each key, at each ingress">
          <Switch checked={fields.limitsKeys} onChange={(limitsKeys) => set({ limitsKeys })} testId="serving-limitsKeys">Limit what a key may ask</Switch>
          {fields.limitsKeys && <div className={ROW}>{field("requestsPerSecond", "Requests", "/s")}{field("burst", "At once")}{field("keyInFlight", "In flight")}</div>}
          <p className="text-xs text-ink-2">{fields.limitsKeys ? "What is more is answered 429, with when to come again." : "Any key may fill the queue."}</p>
        </Group>
        <Group title="New revisions">
          <Switch checked={fields.tries} onChange={(tries) => set({ tries })} testId="serving-tries">Try what is deployed before it takes over</Switch>
          {fields.tries && <div className={`${ROW} grid-cols-2!`}>{field("sharePercent", "Requests to it", "%")}{field("shadowPercent", "Copies to it", "%")}{field("errorPercent", "Failing at most", "%")}{field("differPercent", "Copies that differ", "%")}{field("p99Ms", "p99 at most", "ms")}{field("watchSeconds", "Watched after", "s")}</div>}
          <p className="text-xs text-ink-2">{fields.tries ? "The move stops beside the running revision until you promote it. Answers to copies are compared and given to nobody. More failures, more copies that differ (left empty: any number, for a model with chance in it), or a slower p99 (left empty: what the plan was made for, where that is a 99th percentile), in three windows one after the other turn it back, also while it is watched after you promoted it: so long the old revision stands by. Moves that mend something (drain, Adapt) and roll back do not stop." : "A deployed plan takes over once it answers like the whole model."}</p>
        </Group>
        <Group title="Open streams">
          <Switch checked={fields.movesStreams} onChange={(movesStreams) => set({ movesStreams })} testId="serving-movesStreams">Move them with their state when their revision is left</Switch>
          <div className={ROW}>{field("streamMinutes", "Revision kept", "min")}{field("stateMegabytes", "State, a stage", "MiB")}</div>
          <p className="text-xs text-ink-2">{fields.movesStreams ? "Each goes to the new revision between two of its steps. One that cannot move stays, while the left revision is kept." : "They stay where they are until they end; when the left revision has been kept so long, they are moved."} What then cannot move ends, and its client is told why. Of models with state.</p>
        </Group>
        <Group title="All requests, at each ingress">
          <div className={ROW}>{field("maxInFlight", "In flight")}{field("defaultDeadlineMs", "Usual deadline", "ms")}{field("maxDeadlineMs", "Longest", "ms")}</div>
          <p className="text-xs text-ink-2">What is more is answered 429; what takes longer, 504.</p>
        </Group>
      </div>
      {isOvertaken && changed && <p role="status" className="flex flex-wrap items-center gap-2 text-warn" data-testid="serving-overtaken">Somebody else changed these settings meanwhile; saving replaces theirs. <Button onClick={takeTheirs}>Take theirs</Button></p>}
      {save.isError && <Problem title="The settings were not saved" error={save.error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={!changed || settings === null} busy={save.isPending} data-testid="serving-save">Save</Button>
        <Button look="quiet" disabled={!changed} busy={save.isPending} onClick={takeTheirs} data-testid="serving-discard">Discard</Button>
      </div>
    </form>
  );
}

const same = (a: ServingSettings, b: ServingSettings): boolean => JSON.stringify(a) === JSON.stringify(b);

function Group({ title, children }: { title: string; children: ReactNode }) {
  return <fieldset className="flex min-w-[min(16rem,100%)] max-w-96 flex-1 flex-col gap-1.5"><legend className="eyebrow mb-1">{title}</legend>{children}</fieldset>;
}
