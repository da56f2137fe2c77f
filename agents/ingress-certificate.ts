// Owns the operator's own certificate for the ingress: two PEM files, checked when read, read again when they change, so that what renews them needs to
// know nothing of the agent.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { AgentError, messageOf } from "./agent-error.ts";

export type HttpTls = { keyPem: string; certificatePem: string };
export type IngressCertificateFiles = { certificate: string; key: string };

/** Renewals come weeks before the end of a certificate. */
const CHECK_INTERVAL_MS = 60_000;

/** @throws AgentError "usage" that names the file, or says that the two do not belong together */
export async function readIngressCertificate(files: IngressCertificateFiles): Promise<HttpTls> {
  const read = (path: string) => readFile(path, "utf8").catch((error: unknown) => {
    throw new AgentError("usage", `the ingress's certificate cannot be used: ${messageOf(error)}`);
  });
  const [certificatePem, keyPem] = [await read(files.certificate), await read(files.key)];
  const parse = <T>(path: string, what: string, make: () => T): T => {
    try {
      return make();
    } catch {
      throw new AgentError("usage", `${path} holds no ${what} in PEM without a password`);
    }
  };
  const certificate = parse(files.certificate, "certificate", () => new X509Certificate(certificatePem));
  const key = parse(files.key, "private key", () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) throw new AgentError("usage", `${files.key} is not the key of the certificate in ${files.certificate}`);
  return { certificatePem, keyPem };
}

/** Tells a pair that differs from the last one; one half-way through its replacement is told of and tried again. */
export function watchIngressCertificate(files: IngressCertificateFiles, options: { onChange(httpTls: HttpTls): void; onProblem(message: string): void; intervalMs?: number }): { stop(): void } {
  const versionOf = async () => Promise.all([files.certificate, files.key].map(async (path) => stat(path).then(({ mtimeMs, size }) => `${mtimeMs} ${size}`, () => "")));
  let seen: string | null = null;
  let isLooking = false;
  const look = async () => {
    const version = (await versionOf()).join();
    seen ??= version;
    if (version === seen) return;
    options.onChange(await readIngressCertificate(files));
    seen = version;
  };
  const lookOnce = () => {
    if (isLooking) return;
    isLooking = true;
    void look().catch((error: Error) => options.onProblem(`${error.message}; the one before stays`)).finally(() => {
      isLooking = false;
    });
  };
  lookOnce();
  const timer = setInterval(lookOnce, options.intervalMs ?? CHECK_INTERVAL_MS).unref();
  return { stop: () => clearInterval(timer) };
}
