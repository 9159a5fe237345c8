// Pipeline: one pipeline as a picture of its flow, its runs, drift, conditions and Events.

import { h, render } from "./dom.js";
import { drift } from "./drift.js";
import { figures } from "./figures.js";
import { flowView } from "./flow.js";
import { pill, prose, time, word } from "./format.js";
import { rejects } from "./rejects.js";
import { runs } from "./runs.js";
import { storage } from "./storage.js";
import { conditions, events, refused } from "./tables.js";

const DRAWN = {
  // section of the page: fields that it shows, and how
  head: [["row", "headline", "facts", "problem"], head],
  figures: [["row", "facts", "runs"], figures],
  flow: [["flow"], flowView],
  drift: [["drift", "facts"], drift],
  refused: [["refused", "row"], refused],
  storage: [["tables", "facts"], storage],
  runs: [["runs"], runs],
  rejects: [["samples", "runs"], rejects],
  conditions: [["conditions"], conditions],
  events: [["events", "eventsProblem"], events],
};

export function pipelineView(namespace, name) {
  const draws = Object.fromEntries(
    Object.entries(DRAWN).map(([key, [, draw]]) => [key, draw === flowView ? flowView() : draw]),
  );
  const parts = Object.fromEntries(
    Object.keys(DRAWN).map((key) => [key, h("section", { class: key })]),
  );
  const body = h("div", { class: "view" }, Object.values(parts));
  render(parts.head, h("h1", { tabindex: "-1" }, name), h("p", { class: "muted" }, "Loading …"));
  let known = {};

  function onChange(changed) {
    const before = known.row?.health;
    known = { ...known, ...changed };
    if (known.gone || !known.row) {
      if (known.gone)
        render(
          parts.head,
          absent("No such pipeline", `The namespace ${namespace} has no pipeline ${name}.`),
        );
      for (const [key, part] of Object.entries(parts))
        if (known.gone && key !== "head") render(part);
      return;
    }
    for (const [key, [fields]] of Object.entries(DRAWN)) {
      if (fields.some((field) => field in changed)) render(parts[key], draws[key](known));
    }
    if (before && before !== known.row.health)
      announce(`${name} is now ${word(known.row.health).toLowerCase()}`);
  }

  return {
    title: name,
    path: `api/pipelines/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`,
    element: body,
    onStart: () => {
      known = {};
    },
    onDenied: (message) => render(parts.head, absent("Not allowed", message)),
    onChange,
  };
}

function absent(title, text) {
  return h(
    "div",
    { class: "empty" },
    h("h1", { tabindex: "-1" }, title),
    h("p", {}, text),
    h("a", { href: "#/" }, "All pipelines"),
  );
}

function announce(text) {
  document.getElementById("announcer").textContent = text;
}

function head({ row, headline, facts = {}, problem }) {
  const bad = row.health !== "healthy";
  return [
    h(
      "nav",
      { class: "crumbs", "aria-label": "Breadcrumb" },
      h("a", { href: "#/", "data-key": "home" }, "Pipelines"),
      h("span", { "aria-hidden": "true" }, "/"),
      h("span", {}, row.namespace),
    ),
    h(
      "div",
      { class: "title" },
      h("h1", { tabindex: "-1", "data-key": "h1" }, row.name),
      pill(row.health),
    ),
    problem
      ? h("p", { class: "callout failing", role: "alert" }, `This page can be outdated. ${problem}`)
      : null,
    bad
      ? h(
          "div",
          { class: `callout ${row.health}` },
          h("p", { class: "message" }, headline.message),
          headline.fix
            ? h("p", { class: "fix" }, h("b", {}, "To do: "), prose(headline.fix))
            : null,
        )
      : null,
    h(
      "p",
      { class: "facts muted" },
      fact("Bucket", facts.bucket),
      fact("Database", facts.database),
      fact("Format", facts.format),
      h("span", {}, "Compared with AWS ", time(facts.compared, "not yet")),
      facts.generation !== facts.observed
        ? h("span", {}, "The operator has not processed the last change of the spec.")
        : null,
    ),
  ];
}

function fact(name, value) {
  return value ? h("span", {}, `${name} `, h("b", {}, value)) : null;
}
