// Storage: the Parquet files of each table, with a warning if they slow queries down.

import { h } from "./dom.js";
import { bytes, number, plural, time } from "./format.js";
import { table } from "./tables.js";

const NUMERIC = ["Rows", "Size", "Files", "Small files", "Batches"];

export function storage({ tables: found = [], facts = {} }) {
  if (!found.length) return [];
  const more = (facts.tables ?? 0) - found.length;
  return [
    h("h2", {}, "Tables"),
    table(
      "Files of the tables",
      ["Table", ...NUMERIC, "Replaced files"],
      found.map(row),
      NUMERIC,
    ),
    more > 0
      ? h(
          "p",
          { class: "muted hint" },
          `${plural(more, "smaller table")} not shown: `,
          h("code", {}, "dataflowxpress files"),
          " lists them.",
        )
      : null,
  ];
}

function row(each) {
  const figures = [number(each.rows), bytes(each.bytes), number(each.files)];
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row", class: "wide" },
      each.name,
      each.format === "Iceberg" ? h("span", { class: "under" }, each.format) : null,
      each.warning ? h("span", { class: "under fix" }, each.warning) : null,
    ),
    figures.map((text) => h("td", { class: "numeric" }, text)),
    h(
      "td",
      { class: each.warning ? "numeric bad" : "numeric" },
      each.format === "Iceberg" ? "–" : number(each.smallFiles),
    ),
    h("td", { class: "numeric" }, each.format === "Iceberg" ? "–" : number(each.batches)),
    h("td", { class: "when" }, time(each.replacedSince, "none")),
  );
}
