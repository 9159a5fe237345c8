// DOM: builds elements. All content is text: no function here parses markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
  );
  return element;
}

/** Replace the content of *parent*, and keep the focus on the element with the same data-key. */
export function render(parent, ...children) {
  const active = document.activeElement;
  const key = parent.contains(active) ? active.dataset.key : undefined;
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child));
  if (key === undefined) return;
  for (const each of parent.querySelectorAll("[data-key]")) {
    if (each.dataset.key === key) each.focus({ preventScroll: true });
  }
}

/** Make *parent* hold one row for each item in order; only changed items are built again. */
export function reconcile(parent, items, keyOf, build) {
  const focused = document.activeElement?.closest("[data-row]")?.dataset.row;
  const known = new Map([...parent.children].map((child) => [child.dataset.row, child]));
  const rows = items.map((item) => rowOf(item, keyOf(item), known, build));
  const kept = new Set(rows);
  for (const row of known.values()) if (!kept.has(row)) row.remove();
  rows.forEach((row, index) => {
    if (parent.children[index] !== row) parent.insertBefore(row, parent.children[index] ?? null);
  });
  if (focused === undefined || parent.contains(document.activeElement)) return;
  const row = rows.find((each) => each.dataset.row === focused); // moved or built again
  row?.querySelector("a, button")?.focus({ preventScroll: true });
}

function rowOf(item, key, known, build) {
  const version = JSON.stringify(item);
  const before = known.get(key);
  if (before?.version === version) return before;
  const built = build(item);
  built.dataset.row = key;
  built.version = version;
  return built;
}
