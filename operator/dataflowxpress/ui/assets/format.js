// Format: numbers, times and messages as text for people.

import { h } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");
const DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const SIZE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const SIZES = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});
const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];
export const UNKNOWN = "unknown";

export function number(value) {
  return value === null || value === undefined ? UNKNOWN : NUMBER.format(value);
}

export function plural(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function dollars(value) {
  return value === null || value === undefined ? UNKNOWN : DOLLARS.format(value);
}

/** Return a number of bytes in the unit that gives one to four digits before the point. */
export function bytes(value) {
  const unit = Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${SIZE.format(value / 1024 ** unit)} ${SIZES[unit]}`;
}

export function moment(text) {
  return text ? `${DATE.format(new Date(text))} UTC` : UNKNOWN;
}

export function ago(text) {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(text).getTime()) / 1000));
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? ["s", 1];
  return seconds < 5 ? "just now" : `${Math.floor(seconds / length)} ${unit} ago`;
}

/** Return a time that stays current; *empty* stands for a time that the status does not have. */
export function time(text, empty = UNKNOWN) {
  if (!text) return h("span", { class: "muted" }, empty);
  return h("time", { datetime: text, title: moment(text), "data-ago": true }, ago(text));
}

setInterval(() => {
  for (const each of document.querySelectorAll("time[data-ago]")) {
    const text = ago(each.dateTime);
    if (each.textContent !== text) each.textContent = text;
  }
}, 1000);

/** Return a message with its `code` set apart. */
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

/** Shorten the IDs of runs, which have 64 digits; the rest of the message matters more. */
export function shortIds(text) {
  return text.replace(/\b(jr_[0-9a-f]{8})[0-9a-f]{20,}/g, "$1…");
}

const WORDS = {
  failing: "Failing",
  drifting: "Drifting",
  waiting: "Waiting",
  active: "Running",
  unknown: "Unknown",
  paused: "Paused",
  healthy: "Healthy",
  deleting: "Deleting",
};

export function word(health) {
  return WORDS[health] ?? health;
}

/** Return the state as a word with a shape; the colour alone carries no meaning. */
export function pill(health, text = word(health)) {
  return h("span", { class: `pill ${health}` }, text);
}
