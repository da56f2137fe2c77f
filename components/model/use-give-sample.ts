// Owns giving a model its sample from the browser: the file goes first, then the model is told; taking it away.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { MAX_SAMPLE_BYTES } from "../../server/model/model-sample.ts";
import { client, RequestRefused } from "../api.ts";
import { told } from "../ui/notices.ts";
import { uploadFile } from "./upload-file.ts";

export type SampleToGive = { file: File; form: "raw" | "tensors" };

/** `null` takes the sample away. */
export function useGiveSample(model: { id: string; name: string }) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (given: SampleToGive | null) => client.models.setSample.mutate({ id: model.id, sample: given === null ? null : await send(given) }),
    onSuccess: async ({ operation, model: { sample } }) => {
      await queries.invalidateQueries();
      const said = sample === null ? `${model.name} has no sample of its own now.` : `${sample.fileName} is the sample of ${model.name} now.`;
      told(operation === null ? said : `${said} Its current plans are compared again.`);
    },
  });
}

async function send({ file, form }: SampleToGive) {
  if (file.size > MAX_SAMPLE_BYTES) throw new RequestRefused({ code: "too-large", message: `“${file.name}” has more than ${MAX_SAMPLE_BYTES / 1024 / 1024} MiB.`, fix: "Use a smaller file." });
  const { digest } = await uploadFile("sample", file);
  const contentType = form === "tensors" ? "application/json" : file.type || "application/octet-stream";
  return { form, fileName: file.name, contentType, digest };
}
