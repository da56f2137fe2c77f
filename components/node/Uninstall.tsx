"use client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api.ts";
import { CopyText } from "../ui/CopyText.tsx";
import { uninstallLine } from "./install-options.ts";

export function Uninstall() {
  const consoleUrl = useQuery(api.system.info.queryOptions()).data?.consoleUrl;
  return consoleUrl ? <CopyText label="uninstall command" text={uninstallLine(consoleUrl)} /> : null;
}
