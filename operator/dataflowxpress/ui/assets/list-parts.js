// List parts: the elements of the list: filters, table, rows, pages and notices.

import { h, render } from "./dom.js";
import { dollars, number, pill, plural, shortIds, time, word } from "./format.js";

export const ORDER = ["failing", "drifting", "deleting", "waiting", "unknown", "paused", "healthy"];
const FRESH = { True: "Current", False: "Behind", Unknown: "Unknown" };

export function skeleton(columns, size, chosen, draw) {
  const change = (values) => {
    Object.assign(chosen, { page: 0 }, values);
    draw();
  };
  const search = h("input", {
    type: "search",
    placeholder: "Filter by name or namespace",
    "aria-label": "Filter by name or namespace",
    oninput: () => change({ text: search.value }),
  });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Filter by state" });
  const head = h(
    "tr",
    {},
    columns.map((column, index) =>
      h(
        "th",
        { scope: "col", class: column.numeric ? "numeric" : null },
        h(
          "button",
          {
            type: "button",
            onclick: () =>
              change({
                column: index,
                descending: chosen.column === index ? !chosen.descending : Boolean(column.numeric),
              }),
          },
          column.name,
        ),
      ),
    ),
  );
  const body = h("tbody");
  const table = h(
    "table",
    { class: "pipelines", hidden: true },
    h("caption", { class: "hidden" }, "Pipelines, the worst first unless sorted otherwise"),
    h("thead", {}, head),
    body,
  );
  const notice = h("div", {});
  const pager = h("nav", { class: "pager", "aria-label": "Pages" });
  const element = h(
    "div",
    { class: "view" },
    h("div", { class: "title" }, h("h1", { tabindex: "-1" }, "Pipelines"), search),
    chips,
    notice,
    h("div", { class: "scroll" }, table),
    pager,
  );
  return {
    element,
    body,
    table,
    notice,
    chips: (found) =>
      render(
        chips,
        [...found]
          .filter(([health, count]) => !health || count || chosen.health === health)
          .map(([health, count]) =>
            h(
              "button",
              {
                type: "button",
                class: `chip ${health}`,
                "data-key": `chip-${health}`,
                "aria-pressed": String(chosen.health === health),
                onclick: () => change({ health }),
              },
              health ? word(health) : "All",
              " ",
              h("b", {}, number(count)),
            ),
          ),
      ),
    pager: (count, first, pages) =>
      render(pager, pages > 1 && pagerOf({ count, first, pages, size }, chosen, draw)),
    headers: () =>
      [...head.children].forEach((cell, index) => {
        if (index !== chosen.column) cell.removeAttribute("aria-sort");
        else cell.setAttribute("aria-sort", chosen.descending ? "descending" : "ascending");
      }),
  };
}

function pagerOf({ count, first, pages, size }, chosen, draw) {
  const step = (by, text) =>
    h(
      "button",
      {
        type: "button",
        class: "quiet",
        "data-key": text,
        disabled: chosen.page + by < 0 || chosen.page + by >= pages,
        onclick: () => {
          chosen.page += by;
          draw();
          scrollTo(0, 0);
        },
      },
      text,
    );
  const last = Math.min(count, first + size);
  return h(
    "div",
    {},
    step(-1, "Previous"),
    h("span", { class: "muted" }, `${number(first + 1)} to ${number(last)} of ${number(count)}`),
    step(1, "Next"),
  );
}

export function tableRow(row) {
  const href = `#/pipelines/${encodeURIComponent(row.namespace)}/${encodeURIComponent(row.name)}`;
  const figure = (value, bad) =>
    h(
      "td",
      { class: value === null ? "numeric muted" : bad && value ? "numeric bad" : "numeric" },
      number(value),
    );
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { href }, row.name),
      h("span", { class: "under" }, row.namespace),
    ),
    h(
      "td",
      { class: "state" },
      pill(row.health),
      h(
        "span",
        { class: "under", title: row.message },
        row.health === "healthy" ? (row.running ? "Run in progress" : "") : shortIds(row.message),
      ),
    ),
    figure(row.waiting),
    h(
      "td",
      {},
      FRESH[row.fresh],
      h("span", { class: "under" }, row.freshSince ? ["since ", time(row.freshSince)] : ""),
    ),
    figure(row.rows),
    figure(row.rejected, true),
    h("td", {}, time(row.converted, row.deadLetters === null ? "unknown" : "none")),
    h("td", { class: row.usd === null ? "numeric muted" : "numeric" }, dollars(row.usd)),
  );
}

export function notice({ problem }, rows, found) {
  if (problem && rows.size)
    return h(
      "p",
      { class: "callout failing", role: "alert" },
      `The list can be outdated. ${problem}`,
    );
  if (problem) return empty("Loading …", problem);
  if (!rows.size) {
    return empty(
      "No pipelines yet",
      "Apply a DataPipeline, and it appears here:",
      h("code", {}, "kubectl apply -f pipeline.yaml"),
    );
  }
  return found.length
    ? null
    : empty(
        "No pipeline matches",
        `${plural(rows.size, "pipeline")} in total: choose another filter.`,
      );
}

export function empty(title, text, ...more) {
  return h("div", { class: "empty" }, h("h2", {}, title), h("p", {}, text), more);
}
