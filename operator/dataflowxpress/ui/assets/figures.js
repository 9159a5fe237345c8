// Figures: the state of a pipeline's data in five tiles.

import { h } from "./dom.js";
import { moment, number, plural, time, UNKNOWN } from "./format.js";

const FRESH = { True: "Current", False: "Behind", Unknown: "Unknown" };

export function figures({ row, facts = {}, runs: found = [] }) {
  const none = found.length ? `no success in ${plural(found.length, "run")}` : "no run yet";
  const since = row.freshSince ? ["since ", time(row.freshSince)] : "not reported yet";
  return [
    h("h2", { class: "hidden" }, "Data"),
    h(
      "dl",
      { class: "tiles" },
      tile(
        "Data",
        FRESH[row.fresh],
        since,
        row.fresh !== "False" ? "" : row.health === "failing" ? "bad" : "waiting",
      ),
      tile(
        "Uploads waiting",
        number(row.waiting),
        row.deadLetters === 0 ? "no dead letters" : `${plural(row.deadLetters, "dead letter")}`,
      ),
      tile(
        "Rows in Parquet",
        number(row.rows),
        row.objects === null
          ? "of an unknown number of objects"
          : `of ${plural(row.objects, "object")}`,
      ),
      tile(
        "Rejected rows",
        number(row.rejected),
        facts.refused === null || facts.refused === undefined
          ? "refused objects unknown"
          : `${plural(facts.refused, "object")} refused`,
        row.rejected ? "bad" : "",
      ),
      tile(
        "Last conversion",
        row.converted ? time(row.converted) : row.deadLetters === null ? UNKNOWN : "None",
        row.converted ? moment(row.converted) : none,
      ),
    ),
  ];
}

function tile(name, value, under, state = "") {
  return h(
    "div",
    { class: "card tile" },
    h("dt", {}, name),
    h(
      "dd",
      {},
      h("span", { class: `figure ${value === UNKNOWN ? "muted" : state}` }, value),
      h("span", { class: "under" }, under),
    ),
  );
}
