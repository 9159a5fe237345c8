// Drift: what AWS has, and what the spec wants, as a diff.

import { h } from "./dom.js";
import { time } from "./format.js";

const ACTIONS = {
  create: "missing in AWS",
  update: "differs",
  replace: "differs, needs a replacement",
  delete: "not in the spec",
  refuse: "cannot be changed",
};

export function drift({ drift: found, facts = {} }) {
  if (!found.length) return [];
  const policy =
    facts.driftPolicy === "Report"
      ? "driftPolicy is Report: the operator corrects none of these differences."
      : "";
  return [
    h("h2", {}, "Drift"),
    policy ? h("p", { class: "muted hint" }, policy) : null,
    found.map((each) =>
      h(
        "div",
        { class: "card diff" },
        h(
          "div",
          { class: "title" },
          h("h3", {}, each.resource),
          h(
            "span",
            { class: "muted" },
            ACTIONS[each.action] ?? each.action,
            each.since ? [", since ", time(each.since)] : null,
          ),
        ),
        h("dl", {}, each.changes.map(change)),
      ),
    ),
  ];
}

function change({ path, old, new: wanted, text }) {
  if (text !== undefined)
    return h("div", {}, h("dt", { class: "mono" }, "Difference"), h("dd", { class: "mono" }, text));
  return h(
    "div",
    {},
    h("dt", { class: "mono" }, path),
    h(
      "dd",
      {},
      h("del", {}, h("span", { class: "sign" }, "in AWS"), h("span", { class: "mono" }, old)),
      h(
        "ins",
        {},
        h("span", { class: "sign" }, "in the spec"),
        h("span", { class: "mono" }, wanted),
      ),
    ),
  );
}
