// API: streams of changes from the server, with the viewer's token.

const KEY = "dataflowxpress.token";
const SILENCE = 40_000; // milliseconds without a byte after which a connection is dead
const LONGEST_WAIT = 15_000; // milliseconds between two attempts to connect

export class Denied extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Take the token out of the address, which others can see; it lasts until the tab is closed. */
export function takeToken() {
  const found = /^#token=(.+)$/.exec(location.hash);
  if (!found) return;
  setToken(decodeURIComponent(found[1]));
  history.replaceState(null, "", "#/");
}

export function setToken(token) {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

export function hasToken() {
  return Boolean(sessionStorage.getItem(KEY));
}

/**
 * Call *onChange* with each message of a stream, until the returned function is called.
 *
 * *onState* gets "live", "offline" or a Denied; after an interruption the stream starts anew, with
 * all of its content, and *onStart* is called before.
 */
export function stream(path, { onStart, onChange, onState }) {
  const stopped = new AbortController();
  follow(path, { onStart, onChange, onState }, stopped.signal);
  return () => stopped.abort();
}

async function follow(path, handlers, stopped) {
  let wait = 500;
  while (!stopped.aborted) {
    try {
      await once(path, handlers, stopped, () => {
        wait = 500;
      });
    } catch (error) {
      if (stopped.aborted) return;
      if (error instanceof Denied && error.status < 500) {
        handlers.onState(error);
        return;
      }
      handlers.onState("offline");
    }
    await pause(wait, stopped);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }
}

async function once(path, handlers, stopped, onAlive) {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENCE);
  const response = await fetch(path, {
    headers: authorization(),
    cache: "no-store",
    signal: AbortSignal.any([stopped, silent.signal]),
  });
  if (!response.ok) throw new Denied(response.status, await reason(response));
  handlers.onStart();
  handlers.onState("live");
  for await (const { event, data } of messages(response.body)) {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), SILENCE);
    onAlive();
    if (event === "expired") throw new Denied(401, "The token has expired, or lost its rights.");
    if (event === "change") handlers.onChange(data);
  }
  throw new Error("the server has closed the stream");
}

/** Return the JSON at *path*; throws Denied with the reason of the server. */
export async function get(path) {
  const response = await fetch(path, { headers: authorization(), cache: "no-store" });
  if (!response.ok) throw new Denied(response.status, await reason(response));
  return response.json();
}

/** Without a token, a proxy in front of the server can add its own. */
function authorization() {
  return hasToken() ? { Authorization: `Bearer ${sessionStorage.getItem(KEY)}` } : {};
}

async function reason(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

/** Yield the server-sent events of a body, comments as events without data. */
async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (buffer + value).split("\n\n");
    buffer = parts.pop();
    for (const part of parts) yield parsed(part);
  }
}

function parsed(text) {
  const fields = new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { event: fields.get("event"), data: JSON.parse(fields.get("data") ?? "null") };
}

function pause(milliseconds, stopped) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopped.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
    addEventListener("online", resolve, { once: true });
  });
}
