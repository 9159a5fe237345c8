// Runs: the last ten runs of the job over time, as charts and as a table.

import { h } from "./dom.js";
import { moment, number, prose, time } from "./format.js";
import { head } from "./tables.js";

const CHARTS = [
  { title: "Rows written", of: (run) => run.rowsWritten },
  { title: "Seconds", of: (run) => run.seconds },
  { title: "Rejected rows", of: (run) => run.rowsRejected, bad: true },
];
const OUTCOMES = { succeeded: "healthy", failed: "failing", active: "active" };

export function runs({ runs: found }) {
  if (!found.length)
    return [h("h2", {}, "Runs"), h("p", { class: "card muted none" }, "The job has not run yet.")];
  const oldest = [...found].reverse();
  return [
    h("h2", {}, "Runs"),
    h(
      "div",
      { class: "charts" },
      CHARTS.map((chart) => chartOf(chart, oldest)),
    ),
    h(
      "div",
      { class: "scroll card", tabindex: "0", role: "region", "aria-label": "Table of runs" },
      table(found),
    ),
  ];
}

function chartOf({ title, of, bad }, oldest) {
  const values = oldest.map(of);
  const most = Math.max(0, ...values.filter((value) => value !== null));
  const label = h("figcaption", {}, title, h("b", {}, number(values.at(-1))));
  const show = (run) =>
    label.replaceChildren(
      title,
      h("b", {}, number(of(run))),
      h("span", { class: "muted" }, moment(run.started)),
    );
  const hide = () => label.replaceChildren(title, h("b", {}, number(values.at(-1))));
  const bars = oldest.map((run) => {
    const value = of(run);
    const mark = h("span", {
      class: `mark ${value === null ? "unknown" : bad ? "failing" : OUTCOMES[run.outcome]}`,
    });
    mark.style.height = value === null ? "100%" : most ? `${(100 * value) / most}%` : "0";
    return h("span", { class: "column", onmouseenter: () => show(run), onmouseleave: hide }, mark);
  });
  return h(
    "figure",
    { class: "card chart" },
    label,
    h(
      "div",
      {
        class: "bars",
        role: "img",
        "aria-label": `${title} of the last ${oldest.length} runs: ${values.map(number).join(", ")}`,
      },
      bars,
    ),
    h(
      "div",
      { class: "axis muted", "aria-hidden": "true" },
      h("span", {}, moment(oldest[0].started)),
      oldest.length > 1 ? h("span", {}, moment(oldest.at(-1).started)) : null,
    ),
  );
}

function table(found) {
  const columns = ["Started", "State", "Seconds", "Objects", "Rows read", "Written", "Rejected"];
  return h(
    "table",
    { class: "runs-table" },
    h("caption", { class: "hidden" }, "The last ten runs, the newest first"),
    head(columns, columns.slice(2)),
    h(
      "tbody",
      {},
      found.map((run) =>
        h(
          "tr",
          {},
          h("td", {}, time(run.started), h("span", { class: "under" }, moment(run.started))),
          h(
            "td",
            { class: "state" },
            h("span", { class: `pill ${OUTCOMES[run.outcome]}` }, run.state),
            note(run),
          ),
          [run.seconds, run.objects, run.rowsRead, run.rowsWritten, run.rowsRejected].map(
            (value, index) =>
              h(
                "td",
                {
                  class:
                    value === null
                      ? "numeric muted"
                      : index === 4 && value
                        ? "numeric bad"
                        : "numeric",
                },
                number(value),
              ),
          ),
        ),
      ),
    ),
  );
}

function note(run) {
  const lines = [
    run.outcome === "failed" ? run.error || "AWS Glue gives no reason." : "",
    run.rejects,
    run.typeChanges ? `Wider types: ${run.typeChanges}` : "",
  ];
  return lines.filter(Boolean).map((line) => h("span", { class: "under" }, prose(line)));
}
