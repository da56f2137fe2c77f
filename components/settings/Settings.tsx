"use client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api.ts";
import { setTheme, THEMES, useTheme } from "../shell/theme.ts";
import { shownError } from "../shown-error.ts";
import { Page, Section } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Time } from "../ui/Time.tsx";
import { Credentials } from "./Credentials.tsx";

export function Settings() {
  const theme = useTheme((state) => state.theme);
  return (
    <Page title="Settings">
      <Section title="Appearance">
        <fieldset className="flex flex-wrap gap-4"><legend className="sr-only">Theme</legend>
          {THEMES.map((one) => <label key={one} className="flex items-center gap-1.5"><input type="radio" name="theme" className="accent-(--accent)" checked={theme === one} onChange={() => setTheme(one)} />{one}</label>)}
        </fieldset>
      </Section>
      <About />
      <Credentials />
      <Section title="API">
        <ul className="space-y-1">
          <li><a className="underline underline-offset-4" href="/api/docs">Documentation</a> <span className="text-ink-2">of everything this console can do, to try in the browser</span></li>
          <li><a className="underline underline-offset-4" href="/api/v1/openapi.json">OpenAPI 3.1</a> <span className="text-ink-2">for generated clients</span></li>
        </ul>
      </Section>
    </Page>
  );
}

type ConsoleRow = { id: string; url: string; hostname: string; leads: boolean; isThis: boolean };

/** Those on the same database: either shows and takes everything, one runs the control loops. */
function Consoles({ consoles }: { consoles: ConsoleRow[] }) {
  return (
    <ul data-testid="consoles">
      {consoles.map((one) => <li key={one.id}>{one.isThis ? "this one" : <a className="underline underline-offset-4" href={one.url}>{one.url}</a>} <span className="text-ink-2">on {one.hostname}, {one.leads ? "leads" : "follows, and takes over when the leader is silent"}</span></li>)}
    </ul>
  );
}

function About() {
  const info = useQuery(api.system.info.queryOptions());
  if (shownError(info)) return <Section title="About"><Problem title="The server’s facts could not be read" error={info.error} retry={() => void info.refetch()} /></Section>;
  const facts: [string, React.ReactNode][] = info.data ? [
    ["Version", info.data.version], ["Running since", <Time key="t" iso={info.data.startedAt} both />], ["Database", info.data.database === "embedded" ? "PostgreSQL, embedded" : "PostgreSQL, yours"],
    ["Data folder", info.data.dataFolder], ["Agents connect to", `${info.data.agentEndpoint.host}:${info.data.agentEndpoint.port}, mutual TLS`], ["Demo fleet", info.data.demo ? "on: its links are emulated on this machine" : "off"], ["Credentials", info.data.secure ? "demanded" : "not demanded: this listener is on loopback"],
    ...(info.data.consoles.length > 0 ? [["Consoles", <Consoles key="c" consoles={info.data.consoles} />] satisfies [string, React.ReactNode]] : []),
  ] : [];
  return <Section title="About"><dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[10rem_1fr]">{facts.map(([name, value]) => [<dt key={name} className="text-ink-3">{name}</dt>, <dd key={`${name}v`} className="break-all max-sm:mb-2">{value}</dd>])}</dl></Section>;
}
