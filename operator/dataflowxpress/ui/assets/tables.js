// Tables: conditions, Events and refused objects.

import { h } from "./dom.js";
import { number, pill, prose, time } from "./format.js";

/** Return a table in a card; *numeric* has the columns whose heads are above numbers. */
export function table(caption, columns, rows, numeric = []) {
  return scrolling("scroll card", caption, head(columns, numeric), rows);
}

/** Return a table for the inside of a card. */
export function innerTable(caption, columns, rows) {
  return scrolling("scroll", caption, head(columns), rows);
}

/** Return the row of column names. */
export function head(columns, numeric = []) {
  const names = columns.map((name) =>
    h("th", { scope: "col", class: numeric.includes(name) ? "numeric" : null }, name),
  );
  return h("thead", {}, h("tr", {}, names));
}

function scrolling(style, caption, head, rows) {
  return h(
    "div",
    { class: style, tabindex: "0", role: "region", "aria-label": caption },
    h("table", {}, h("caption", { class: "hidden" }, caption), head, h("tbody", {}, rows)),
  );
}

export function conditions({ conditions: found }) {
  if (!found.length)
    return [
      h("h2", {}, "Conditions"),
      h("p", { class: "card muted none" }, "The operator has not reported yet."),
    ];
  const rows = found.map((each) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, each.type),
      h("td", {}, pill(each.health, each.status)),
      h(
        "td",
        { class: "wide" },
        h("b", {}, each.reason),
        each.message || each.meaning
          ? h("span", { class: "under" }, each.message || each.meaning)
          : null,
        each.fix && each.health !== "healthy"
          ? h("span", { class: "under fix" }, "To do: ", prose(each.fix))
          : null,
      ),
      h("td", { class: "when" }, time(each.since)),
    ),
  );
  return [
    h("h2", {}, "Conditions"),
    table("Conditions", ["Condition", "Status", "Reason", "Since"], rows),
  ];
}

export function events({ events: found = [], eventsProblem = "" }) {
  const title = h("h2", {}, "Events");
  if (eventsProblem)
    return [title, h("p", { class: "card muted none" }, `Events are unknown. ${eventsProblem}`)];
  if (!found.length)
    return [
      title,
      h(
        "p",
        { class: "card muted none" },
        "No Events in the last hour: Kubernetes keeps them no longer.",
      ),
    ];
  const rows = found.map((each) =>
    h(
      "tr",
      {},
      h("td", { class: "when" }, time(each.at)),
      h(
        "td",
        {},
        each.type === "Warning"
          ? pill("waiting", each.type)
          : h("span", { class: "muted" }, each.type),
      ),
      h(
        "td",
        { class: "wide" },
        h("b", {}, each.reason),
        each.count > 1 ? ` × ${number(each.count)}` : "",
        h("span", { class: "under" }, each.message),
      ),
    ),
  );
  return [title, table("Events, the newest first", ["When", "Type", "Event"], rows)];
}

export function refused({ refused: found = [] }) {
  if (!found.length) return [];
  const rows = found.map((each) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", class: "mono" }, each.key),
      h("td", { class: "wide" }, each.reason),
    ),
  );
  return [
    h("h2", {}, "Refused objects"),
    table("The newest ten refused objects", ["Object", "Reason"], rows),
  ];
}
