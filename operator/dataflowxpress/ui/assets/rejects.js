// Rejects: a sample of rejected rows, on request: the server reads them from the bucket.

import { get } from "./api.js";
import { h, render } from "./dom.js";
import { number } from "./format.js";
import { innerTable } from "./tables.js";

export function rejects({ row, samples, facts = {} }) {
  if (!row.rejected && !facts.refused) return [];
  const title = h("h2", {}, "Rejected rows");
  if (!samples) {
    return [
      title,
      h(
        "p",
        { class: "card muted none" },
        "This page reads no data. To see the rows: ",
        h("code", {}, `dataflowxpress rejects ${row.name} -n ${row.namespace}`),
        ", or start the page with ",
        h("code", {}, "dataflowxpress ui --rejects"),
        ".",
      ),
    ];
  }
  const body = h("div", {});
  const button = h(
    "button",
    {
      type: "button",
      class: "quiet",
      "data-key": "sample",
      onclick: () => load(row, body, button),
    },
    "Show a sample",
  );
  return [
    title,
    h(
      "div",
      { class: "card none" },
      h(
        "p",
        { class: "muted" },
        "The server reads the rows from the bucket, with its AWS credentials. ",
      ),
      button,
      body,
    ),
  ];
}

async function load(row, body, button) {
  button.disabled = true;
  render(body, h("p", { class: "muted", role: "status" }, "Reading …"));
  try {
    const found = await get(
      `api/pipelines/${encodeURIComponent(row.namespace)}/${encodeURIComponent(row.name)}/rejects`,
    );
    render(
      body,
      found.problem ? h("p", { class: "problem", role: "alert" }, found.problem) : sample(found),
    );
  } catch (error) {
    render(body, h("p", { class: "problem", role: "alert" }, error.message));
  }
  button.disabled = false;
}

function sample({ rows: found, more }) {
  const rows = found.map((each) =>
    h(
      "tr",
      {},
      h("td", { class: "mono" }, each.object),
      h("td", {}, each.record === null ? "" : number(each.record)),
      h(
        "td",
        { class: "wide" },
        each.reason,
        each.raw ? h("span", { class: "under mono" }, each.raw) : null,
      ),
    ),
  );
  return [
    innerTable("Sample of rejected rows", ["Object", "Record", "Reason and raw text"], rows),
    more ? h("p", { class: "muted" }, `The first ${number(rows.length)} rows.`) : null,
  ];
}
