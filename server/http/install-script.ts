// Owns the text of install.sh: POSIX sh, run on a new node as `curl … | sh -s -- --token T`. Everything it does is in functions and starts on the last
// line, so that a download cut in half runs nothing.

export type InstallPackage = { sha256: string; bytes: number };
export type InstallScriptOptions = {
  /** As the node reached it, without a slash at the end. */
  consoleUrl: string;
  version: string;
  /** By `<platform>-<arch>` as Node names them. */
  packages: Record<string, InstallPackage>;
};

export function renderInstallScript(options: InstallScriptOptions): string {
  // Both are put into single quotes; nothing in them may end those.
  for (const text of [options.consoleUrl, options.version]) if (/['\n\\]/.test(text)) throw new Error(`not fit for a shell script: ${JSON.stringify(text)}`);
  const cases = Object.entries(options.packages).map(([platform, { sha256 }]) => `    ${platform}) SHA256=${sha256} ;;`).join("\n");
  return TEMPLATE.replace("@CONSOLE@", () => options.consoleUrl).replaceAll("@VERSION@", () => options.version)
    .replace("@CASES@", () => cases).replace("@PLATFORMS@", () => Object.keys(options.packages).join(", "));
}

const TEMPLATE = `#!/bin/sh
# Installs the Cutplane agent @VERSION@ on this node, joins it to the console it came from and keeps it running. Needs Node 20.19 or newer and tar.
set -eu
CONSOLE='@CONSOLE@'
VERSION='@VERSION@'
UNIT=cutplane-agent.service

usage() {
  cat <<'END'
usage: install.sh --token TOKEN [--name NAME] [--data DIR] [--advertise HOST[:PORT]] [--foreground]
       install.sh --uninstall [--data DIR]

  --token TOKEN      join token from the console (not needed again when this node has joined before)
  --name NAME        name of this node (default: its host name)
  --data DIR         folder for identity and cache (default: data/ beside the program)
  --advertise H[:P]  where other nodes reach this one
  --data-host, --data-port, --data-proxy, --ingress-host, --ingress-port, --ingress-cert, --ingress-key,
  --max-memory, --max-cache, --metrics-port, --log-level
                     as the agent takes them
  --foreground       no service: run here, until Ctrl-C
  --uninstall        stop the agent and remove everything of it
END
}

say() { printf '%s\\n' "cutplane: $*" >&2; }
fail() { say "$*"; exit 1; }

parse() {
  TOKEN='' NAME='' DATA='' FOREGROUND=no UNINSTALL=no SETTINGS=''
  while [ $# -gt 0 ]; do
    case "$1" in
      --foreground) FOREGROUND=yes; shift; continue ;;
      --uninstall) UNINSTALL=yes; shift; continue ;;
      --help|-h) usage; exit 0 ;;
      --*=*) option=\${1%%=*}; value=\${1#*=}; shift ;;
      --*) [ $# -ge 2 ] || fail "$1 needs a value; --help shows how"; option=$1; value=$2; shift 2 ;;
      *) fail "unknown argument: $1; --help shows what there is" ;;
    esac
    # Values go into a file that sh and systemd read: what either gives a meaning to is refused.
    case "$value" in *[\\"\\'\\\\\\$\\\`%]*|'') fail "$option: that value cannot be used" ;; esac
    case "$option" in
      --token) TOKEN=$value ;;
      --name) NAME=$value ;;
      --data) case "$value" in /*) DATA=$value ;; *) DATA=$(pwd)/$value ;; esac ;;
      --advertise) setting CUTPLANE_ADVERTISE "$value" ;;
      --data-host) setting CUTPLANE_DATA_HOST "$value" ;;
      --data-port) setting CUTPLANE_DATA_PORT "$value" ;;
      --data-proxy) setting CUTPLANE_DATA_PROXY "$value" ;;
      --ingress-host) setting CUTPLANE_INGRESS_HOST "$value" ;;
      --ingress-port) setting CUTPLANE_INGRESS_PORT "$value" ;;
      --ingress-cert|--ingress-key)
        case "$value" in /*) ;; *) value=$(pwd)/$value ;; esac
        if [ "$option" = --ingress-cert ]; then setting CUTPLANE_INGRESS_CERT "$value"; else setting CUTPLANE_INGRESS_KEY "$value"; fi ;;
      --max-memory) setting CUTPLANE_MAX_MEMORY "$value" ;;
      --max-cache) setting CUTPLANE_MAX_CACHE "$value" ;;
      --metrics-port) setting CUTPLANE_METRICS_PORT "$value" ;;
      --log-level) setting CUTPLANE_LOG_LEVEL "$value" ;;
      *) fail "unknown option: $option; --help shows what there is" ;;
    esac
  done
}

setting() { SETTINGS="$SETTINGS$1=\\"$2\\"
"; }

places() {
  if [ "$(id -u)" = 0 ]; then
    ROOT=/opt/cutplane-agent UNIT_FOLDER=/etc/systemd/system SYSTEMCTL=systemctl
  else
    [ -n "\${HOME:-}" ] || fail "HOME is not set"
    ROOT=\${XDG_DATA_HOME:-$HOME/.local/share}/cutplane-agent UNIT_FOLDER=\${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user SYSTEMCTL='systemctl --user'
  fi
  # For packagers and tests: everything below one folder.
  ROOT=\${CUTPLANE_INSTALL_ROOT:-$ROOT}
  fit_path "$ROOT"
}

# Paths get into the same files as values.
fit_path() {
  case "$1" in *[\\"\\'\\\\\\$\\\`%]*) fail "$1: a path with such characters cannot be used" ;; /*) ;; *) fail "$1 is no absolute path" ;; esac
}

has_systemd() {
  [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1 && $SYSTEMCTL show-environment >/dev/null 2>&1
}

find_node() {
  NODE=$(command -v node 2>/dev/null) || fail "Node.js is not installed: Node 20.19 or newer is needed (https://nodejs.org)"
  "$NODE" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \\
    || fail "Node $("$NODE" --version) at $NODE is too old: 20.19 or newer is needed"
  fit_path "$NODE"
  PLATFORM=$("$NODE" -p 'process.platform + "-" + process.arch')
  if [ "$("$NODE" -p 'process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime')" = true ]; then
    fail "this system has no glibc (musl, for example Alpine): ONNX Runtime does not run here"
  fi
  SHA256=''
  case "$PLATFORM" in
@CASES@
  esac
  [ -n "$SHA256" ] || fail "there is no agent for $PLATFORM; there is one for: @PLATFORMS@"
}

# Node is here anyway, curl may not be. The address proves nothing, the sha-256 of this script does.
download() {
  "$NODE" - "$CONSOLE/agent/$VERSION-$PLATFORM.tgz" "$1" "$SHA256" <<'END'
const [url, path, sha256] = process.argv.slice(2);
const { createWriteStream } = require("node:fs");
const hash = require("node:crypto").createHash("sha256");
const fail = (message) => { console.error("cutplane: " + message); process.exit(1); };
require(url.startsWith("https:") ? "node:https" : "node:http").get(url, { rejectUnauthorized: false, timeout: 30000 }, (response) => {
  if (response.statusCode !== 200) fail("the console answered " + response.statusCode + " to " + url);
  response.on("data", (part) => hash.update(part));
  require("node:stream").pipeline(response, createWriteStream(path, { mode: 0o600 }), (error) => {
    if (error) fail("the download broke off: " + error.message);
    if (hash.digest("hex") !== sha256) fail("the package is not the one this script was made for (wrong sha-256); nothing was installed");
  });
}).on("timeout", function () { this.destroy(new Error("no answer in 30 s")); }).on("error", (error) => fail("cannot reach " + url + ": " + error.message));
END
}

install_package() {
  say "installing agent $VERSION for $PLATFORM into $ROOT"
  mkdir -p "$ROOT"
  NEW=$ROOT/app.$$.new
  trap 'rm -rf "$NEW" "$NEW.tgz"' EXIT
  trap 'exit 130' INT TERM
  mkdir "$NEW"
  download "$NEW.tgz"
  tar -xzf "$NEW.tgz" -C "$NEW" || fail "the package could not be unpacked: is the disk full?"
  rm -f "$NEW.tgz"
  rm -rf "$ROOT/app.old"
  [ ! -d "$ROOT/app" ] || mv "$ROOT/app" "$ROOT/app.old"
  mv "$NEW/cutplane-agent" "$ROOT/app"
  rm -rf "$ROOT/app.old" "$NEW"
}

write_settings() {
  (umask 077; printf 'CUTPLANE_CONSOLE="%s"\\nCUTPLANE_AGENT_DATA="%s"\\n%s' "$CONSOLE" "$DATA" "$SETTINGS" > "$ROOT/agent.env")
}

load_settings() {
  set -a
  . "$ROOT/agent.env"
  set +a
}

# The token reaches the agent by its environment, once, and is in no file and no process list.
join() {
  if [ -n "$TOKEN" ]; then
    (load_settings; CUTPLANE_TOKEN=$TOKEN CUTPLANE_NAME=$NAME "$NODE" "$ROOT/app/dist/main.mjs" join)
  elif [ ! -f "$DATA/identity.json" ]; then
    fail "--token is needed: the console's page of nodes shows the whole line"
  fi
}

# EnvironmentFile= takes the rest of its line as it is: quotes would become part of the path.
write_unit() {
  mkdir -p "$UNIT_FOLDER"
  if [ "$(id -u)" = 0 ]; then TARGET=multi-user.target; else TARGET=default.target; fi
  cat > "$UNIT_FOLDER/$UNIT" <<END
[Unit]
Description=Cutplane agent
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
EnvironmentFile=$ROOT/agent.env
ExecStart="$NODE" "$ROOT/app/dist/main.mjs"
Restart=always
RestartSec=2
TimeoutStopSec=60
KillMode=mixed
NoNewPrivileges=yes
LimitNOFILE=65536

[Install]
WantedBy=$TARGET
END
}

start_service() {
  write_unit
  $SYSTEMCTL daemon-reload
  $SYSTEMCTL enable "$UNIT" >/dev/null 2>&1 || fail "the service could not be enabled"
  $SYSTEMCTL restart "$UNIT" || fail "the service could not be started: $SYSTEMCTL status $UNIT says more"
  # Without it a user's services end with the last log-out.
  [ "$(id -u)" = 0 ] || loginctl enable-linger >/dev/null 2>&1 || say "note: the agent ends when you log out (loginctl enable-linger needs an administrator)"
  say "the agent runs as a service: $SYSTEMCTL status $UNIT"
}

run_foreground() {
  trap - EXIT INT TERM
  say "running here until Ctrl-C; to start it again: (set -a; . '$ROOT/agent.env'; exec '$NODE' '$ROOT/app/dist/main.mjs')"
  load_settings
  exec "$NODE" "$ROOT/app/dist/main.mjs"
}

stop_agent() {
  [ -f "$UNIT_FOLDER/$UNIT" ] && $SYSTEMCTL stop "$UNIT" >/dev/null 2>&1 || true
  if [ -f "$DATA/agent.lock" ]; then
    read -r pid _ < "$DATA/agent.lock" || true
    case "\${pid:-}" in ''|*[!0-9]*) return ;; esac
    # Only what is this agent: a number in an old file may be anybody's by now.
    case "$(ps -o args= -p "$pid" 2>/dev/null)" in *"$ROOT/app/dist/main.mjs"*) ;; *) return ;; esac
    kill "$pid" 2>/dev/null || return 0
    waited=0
    while kill -0 "$pid" 2>/dev/null && [ $waited -lt 40 ]; do sleep 1; waited=$((waited + 1)); done
    kill -9 "$pid" 2>/dev/null || true
  fi
}

uninstall() {
  if [ -z "$DATA" ] && [ -f "$ROOT/agent.env" ]; then DATA=$(load_settings; printf '%s' "$CUTPLANE_AGENT_DATA"); fi
  DATA=\${DATA:-$ROOT/data}
  stop_agent
  if [ -f "$UNIT_FOLDER/$UNIT" ]; then
    $SYSTEMCTL disable "$UNIT" >/dev/null 2>&1 || true
    rm -f "$UNIT_FOLDER/$UNIT"
    $SYSTEMCTL daemon-reload >/dev/null 2>&1 || true
  fi
  # The data folder may be one the operator made: only what the agent put there goes, then the folder if nothing else is in it.
  rm -rf "$DATA/cache" "$DATA/identity.json" "$DATA/desired.json" "$DATA/ports.json" "$DATA/agent.lock"
  rmdir "$DATA" 2>/dev/null || true
  rm -rf "$ROOT/app" "$ROOT/app.old" "$ROOT"/app.*.new "$ROOT"/app.*.new.tgz "$ROOT/agent.env"
  rmdir "$ROOT" 2>/dev/null || true
  say "the agent is gone from this node; remove the node in the console too"
}

main() {
  parse "$@"
  places
  if [ $UNINSTALL = yes ]; then uninstall; exit 0; fi
  DATA=\${DATA:-$ROOT/data}
  find_node
  command -v tar >/dev/null 2>&1 || fail "tar is not installed"
  stop_agent
  install_package
  write_settings
  join
  if [ $FOREGROUND = no ] && has_systemd; then start_service; else run_foreground; fi
}

main "$@"
`;
