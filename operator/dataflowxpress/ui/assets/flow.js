// Flow: the hops of a pipeline as a picture; a hop opens to show its resources.

import { h, render } from "./dom.js";
import { number, pill, prose, time, word } from "./format.js";
import { innerTable } from "./tables.js";

/** Return a function that draws the flow of one pipeline; it keeps the opened hop. */
export function flowView() {
  let opened = "";
  return ({ flow: hops }) =>
    draw(hops, opened, (id) => {
      opened = id;
    });
}

function draw(hops, opened, setOpened) {
  const worst = hops.find((hop) => hop.health === "failing");
  const detail = h("div", { class: "hop-detail", "aria-live": "polite" });
  const nodes = new Map();
  const open = (hop) => {
    setOpened(hop.id);
    for (const [id, node] of nodes) node.setAttribute("aria-expanded", String(id === hop.id));
    render(detail, detailOf(hop));
  };
  const picture = h(
    "div",
    { class: "picture" },
    [...new Set(hops.map((hop) => hop.stage))].map((stage) => {
      const members = hops.filter((hop) => hop.stage === stage);
      return members.length
        ? h(
            "div",
            { class: "stage" },
            h("h3", {}, stage),
            h(
              "ol",
              {},
              members.map((hop) => {
                const node = nodeOf(hop, () => open(hop));
                nodes.set(hop.id, node);
                return h("li", {}, node);
              }),
            ),
          )
        : null;
    }),
  );
  const first = hops.find((hop) => hop.id === opened) ?? worst;
  if (first) open(first);
  return [
    h("h2", {}, "Flow"),
    picture,
    first ? null : h("p", { class: "muted hint" }, "Choose a step to see its AWS resources."),
    detail,
  ];
}

function nodeOf(hop, onclick) {
  return h(
    "button",
    {
      type: "button",
      class: `node ${hop.health}`,
      "data-key": `hop-${hop.id}`,
      "aria-expanded": "false",
      onclick,
    },
    h(
      "span",
      { class: "service" },
      hop.service,
      h(
        "span",
        { class: "dot", title: word(hop.health) },
        h("span", { class: "hidden" }, `: ${word(hop.health)}`),
      ),
    ),
    h("span", { class: "name" }, hop.title),
    h(
      "span",
      { class: "count" },
      countOf(hop),
      hop.at ? [hop.figure !== null || hop.text ? ", " : "", time(hop.at)] : null,
    ),
  );
}

function countOf(hop) {
  const figure = hop.figure === null ? "" : `${number(hop.figure)} ${hop.unit}`;
  const text = [figure, hop.text].filter(Boolean).join(", ");
  return (
    text ||
    (hop.at ? "" : hop.health === "healthy" ? "as specified" : word(hop.health).toLowerCase())
  );
}

function detailOf(hop) {
  return h(
    "div",
    { class: `card ${hop.health}` },
    h("div", { class: "title" }, h("h3", {}, hop.title), pill(hop.health)),
    hop.message ? h("p", { class: "message" }, hop.message) : null,
    hop.fix ? h("p", { class: "fix" }, h("b", {}, "To do: "), prose(hop.fix)) : null,
    hop.resources.length
      ? resources(hop.resources)
      : h("p", { class: "muted" }, "The operator has not created a resource of this step yet."),
  );
}

function resources(found) {
  const rows = found.map((each) =>
    h(
      "tr",
      {},
      h("td", { class: "kind" }, each.kind),
      h(
        "td",
        { class: "mono" },
        each.name,
        each.arn ? h("span", { class: "under" }, each.arn) : null,
      ),
      h(
        "td",
        { class: each.state === "Ready" ? "muted" : "bad" },
        each.state,
        each.message ? h("span", { class: "under" }, each.message) : null,
      ),
    ),
  );
  return innerTable("AWS resources of the step", ["Kind", "Name", "State"], rows);
}
