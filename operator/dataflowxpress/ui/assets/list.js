// List: all pipelines, the worst first; filtered, sorted and in pages of 50.

import { reconcile, render } from "./dom.js";
import { empty, notice, ORDER, skeleton, tableRow } from "./list-parts.js";

const PAGE = 50;
const COLUMNS = [
  { name: "Pipeline", by: (row) => row.name },
  { name: "State", by: (row) => ORDER.indexOf(row.health) },
  { name: "Waiting", by: (row) => row.waiting ?? -1, numeric: true },
  { name: "Data", by: (row) => (row.fresh === "True" ? 1 : 0) },
  { name: "Rows", by: (row) => row.rows ?? -1, numeric: true },
  { name: "Rejected", by: (row) => row.rejected ?? -1, numeric: true },
  { name: "Converted", by: (row) => row.converted },
  { name: "Cost, 1 day", by: (row) => row.usd ?? -1, numeric: true },
];

export function listView() {
  const rows = new Map();
  const chosen = { health: "", text: "", column: 1, descending: false, page: 0 };
  const parts = skeleton(COLUMNS, PAGE, chosen, () => draw());
  let state = { problem: "" };
  let scheduled = false;

  function draw() {
    scheduled = false;
    const found = selected(rows, chosen);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    chosen.page = Math.min(chosen.page, pages - 1);
    const first = chosen.page * PAGE;
    reconcile(parts.body, found.slice(first, first + PAGE), (row) => row.id, tableRow);
    parts.chips(counts(rows));
    parts.pager(found.length, first, pages);
    parts.headers();
    parts.table.hidden = !found.length;
    render(parts.notice, notice(state, rows, found));
  }

  return {
    title: "Pipelines",
    path: "api/pipelines",
    element: parts.element,
    onStart: () => rows.clear(),
    onDenied: (message) => render(parts.notice, empty("Not allowed", message)),
    onChange: ({ rows: changed = [], gone = [], ...rest }) => {
      state = { ...state, ...rest };
      for (const row of changed) rows.set(row.id, { ...rows.get(row.id), ...row });
      for (const id of gone) rows.delete(id);
      if (!scheduled) requestAnimationFrame(draw); // once a frame, also in a burst
      scheduled = true;
    },
  };
}

function selected(rows, { health, text, column, descending }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...rows.values()].filter(
    (row) =>
      (!health || row.health === health) &&
      words.every((each) => row.id.toLowerCase().includes(each)),
  );
  const { by } = COLUMNS[column];
  const sign = descending ? -1 : 1;
  return found.sort(
    (one, other) => sign * compare(by(one), by(other)) || compare(one.id, other.id),
  );
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

function counts(rows) {
  const found = new Map([["", rows.size], ...ORDER.map((health) => [health, 0])]);
  for (const { health } of rows.values()) found.set(health, (found.get(health) ?? 0) + 1);
  return found;
}
