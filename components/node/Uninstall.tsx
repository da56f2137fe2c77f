"use client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api.ts";
import { CopyText } from "../ui/CopyText.tsx";
import { uninstallLine } from "./install-options.ts";

export function Uninstall() {
  const info = useQuery(api.system.info.queryOptions()).data;
  return info ? <CopyText label="uninstall command" text={uninstallLine(info.consoleUrl, info.keyPin)} /> : null;
}
