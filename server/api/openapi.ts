// Owns the OpenAPI 3.1 document: the procedures by their meta, and by hand the few addresses that carry files or tensors.
import { generateOpenApiDocument } from "trpc-to-openapi";
import { z } from "zod";
import { appRouter } from "./router.ts";
import { modelRow } from "./schemas/model-schemas.ts";
import { apiError, operation } from "./schemas/operation-schemas.ts";

type Paths = NonNullable<Parameters<typeof generateOpenApiDocument>[1]["paths"]>;
type Responses = Record<string, { description: string }>;

const bytes = { schema: { type: "string", contentMediaType: "application/octet-stream" } } as const;
const idPath = { path: z.object({ id: z.string() }) };
const json = (schema: z.ZodType, description: string) => ({ description, content: { "application/json": { schema } } });
const failure = json(apiError, "What happened, where, and what to do.");

const filePaths = {
  "/models": {
    post: {
      operationId: "models-upload",
      tags: ["models"],
      summary: "Upload a model: raw bytes, or multipart with the model and its external data files",
      description: "Streamed; aborting the request cancels it and leaves nothing behind. The same files again give the model that is there, with existed: true. Name the operation with the header x-operation-id (opn_ and 20 characters) to follow its progress.",
      requestParams: {
        query: z.object({ name: z.string().optional(), fileName: z.string().optional(), origin: z.enum(["upload", "bundled", "synthetic"]).optional() }),
        header: z.object({ Prefer: z.string().optional().meta({ description: "respond-async = 202 as soon as the bytes are here." }), "x-operation-id": z.string().optional() }),
      },
      requestBody: { required: true, content: { "application/octet-stream": bytes, "multipart/form-data": { schema: z.object({ files: z.array(z.string().meta({ contentMediaType: "application/octet-stream" })) }) } } },
      responses: { 200: json(z.object({ model: modelRow, existed: z.literal(true) }), "These files were imported before."), 201: json(z.object({ model: modelRow, existed: z.literal(false) }), "Imported."), 202: json(z.object({ operation }), "The bytes are here; await the operation."), default: failure },
    },
  },
  "/files/processor": {
    put: {
      operationId: "files-processor",
      tags: ["models"],
      summary: "Upload a file of a processor (labels, a tokenizer)",
      requestParams: { query: z.object({ name: z.string() }) },
      requestBody: { required: true, content: { "application/octet-stream": bytes } },
      responses: { 201: json(z.object({ name: z.string(), digest: z.string(), bytes: z.number() }), "Stored; name it in the model's processor."), default: failure },
    },
  },
  "/files/sample": {
    put: {
      operationId: "files-sample",
      tags: ["models"],
      summary: "Upload a model's sample: a picture, text or sound for its processor, or an Open Inference Protocol request as JSON; at most 32 MiB",
      requestParams: { query: z.object({ name: z.string() }) },
      requestBody: { required: true, content: { "application/octet-stream": bytes } },
      responses: { 201: json(z.object({ name: z.string(), digest: z.string(), bytes: z.number() }), "Stored; name it with PUT /models/{id}/sample."), default: failure },
    },
  },
  "/files/dataset": {
    put: {
      operationId: "files-dataset",
      tags: ["load runs"],
      summary: "Upload a labelled dataset for accuracy runs: JSON Lines, at most 64 MiB and 10,000 samples",
      requestParams: { query: z.object({ name: z.string() }) },
      requestBody: { required: true, content: { "application/octet-stream": bytes } },
      responses: { 201: json(z.object({ name: z.string(), digest: z.string(), bytes: z.number() }), "Stored; name it in the request of POST /deployments/{id}/load-runs."), default: failure },
    },
  },
  "/models/{id}/sample/file": {
    get: {
      operationId: "models-sample-file",
      tags: ["models"],
      summary: "The bytes of the model's sample; of Cutplane's own for its processor where it has none",
      requestParams: idPath,
      responses: { 200: { description: "The file.", content: { "application/octet-stream": bytes } }, default: failure },
    },
  },
  "/deployments/{id}/try": {
    post: {
      operationId: "deployments-try",
      tags: ["deployments"],
      summary: "Send a picture, text or audio through the model's processor",
      description: "Forwarded to a ready ingress of the deployment, at most 32 MiB. For anything but trying, send requests to the ingress itself.",
      requestParams: idPath,
      requestBody: { required: true, content: { "image/*": bytes, "text/plain": { schema: z.string() }, "audio/*": bytes } },
      responses: { 200: json(z.unknown(), "The processor's answer."), default: failure },
    },
  },
  "/deployments/{id}/infer": {
    post: {
      operationId: "deployments-infer",
      tags: ["deployments"],
      summary: "Infer by the Open Inference Protocol (JSON tensors), forwarded to a ready ingress",
      requestParams: idPath,
      requestBody: { required: true, content: { "application/json": { schema: z.object({ inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()), data: z.array(z.unknown()) })) }) } } },
      responses: { 200: json(z.object({ outputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()), data: z.array(z.unknown()) })) }), "The model's outputs."), default: failure },
    },
  },
};

/** As the generator names it; demanded beyond loopback. */
const credential = [{ Authorization: [] }];

let made: string | null = null;

/** JSON text; made once. */
export function openApiDocument(version: string): string {
  made ??= JSON.stringify(makeDocument(version));
  return made;
}

function makeDocument(version: string): unknown {
  const document = generateOpenApiDocument(appRouter, {
    title: "Cutplane",
    version,
    description: "Everything the console does. Long work answers with an operation: await it with GET /operations/{id}?waitSeconds=60, or follow its events.",
    baseUrl: "/api/v1",
    openApiVersion: "3.1.0",
    tags: ["system", "models", "topologies", "nodes", "plans", "deployments", "operations", "events", "credentials"],
    paths: filePaths as unknown as Paths,
  }) as unknown as { paths: Record<string, Record<string, { responses: Responses; security?: typeof credential }>>; components: { schemas: Record<string, unknown>; securitySchemes: unknown } };
  // The generator describes errors of its own shape; ours has one.
  for (const name of Object.keys(document.components.schemas)) if (name.startsWith("error.")) delete document.components.schemas[name];
  const shared = document.paths["/models"]?.post?.responses.default;
  for (const operations of Object.values(document.paths)) {
    for (const entry of Object.values(operations)) {
      for (const status of Object.keys(entry.responses)) if (/^[45]/.test(status)) delete entry.responses[status];
      if (shared) entry.responses.default = shared;
      entry.security ??= credential;
    }
  }
  return document;
}
