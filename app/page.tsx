import { Overview } from "../components/overview/Overview.tsx";

export default function Page() {
  return <Overview />;
}
