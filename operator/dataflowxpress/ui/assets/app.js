// App: shows the view that the address names, and the state of the connection.

import { hasToken, setToken, stream, takeToken } from "./api.js";
import { h, render } from "./dom.js";
import { listView } from "./list.js";
import { pipelineView } from "./pipeline.js";

const main = document.getElementById("main");
const connection = document.getElementById("connection");
let close = () => {};

function route() {
  const [, kind, namespace, name] = location.hash.split("/").map(decodeURIComponent);
  return kind === "pipelines" && namespace && name ? { namespace, name } : {};
}

function show({ focus = true } = {}) {
  close();
  const { namespace, name } = route();
  const view = name ? pipelineView(namespace, name) : listView();
  document.title = `${view.title} · DataFlowXpress`;
  render(main, view.element);
  if (focus) main.querySelector("h1")?.focus({ preventScroll: true });
  if (focus) scrollTo(0, 0);
  close = stream(view.path, {
    onStart: view.onStart,
    onChange: view.onChange,
    onState: (state) => connected(state, view),
  });
}

function connected(state, view) {
  if (state instanceof Error) {
    connection.textContent = "";
    if (state.status === 401) signIn(hasToken() ? state.message : "");
    else view.onDenied(state.message);
    return;
  }
  connection.className = `connection ${state}`;
  connection.textContent = state === "live" ? "Live" : "Offline. Connecting again …";
  main.classList.toggle("outdated", state !== "live");
}

function signIn(problem) {
  close();
  setToken("");
  connection.textContent = "";
  document.title = "Sign in · DataFlowXpress";
  const input = h("input", {
    id: "token",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "token-help token-problem",
  });
  const form = h(
    "form",
    { class: "card sign-in" },
    h("h1", { tabindex: "-1" }, "Sign in"),
    h("label", { for: "token" }, "Token of the Kubernetes API server"),
    input,
    h(
      "p",
      { id: "token-help", class: "muted" },
      "For example of a service account that can list DataPipelines: ",
      h("code", {}, "kubectl create token NAME -n NAMESPACE"),
      ". The browser forgets the token when you close the tab. On your own machine, open the address that ",
      h("code", {}, "dataflowxpress ui"),
      " prints.",
    ),
    h("p", { id: "token-problem", class: "problem", role: "alert" }, problem),
    h("button", { type: "submit", class: "primary" }, "Sign in"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(input.value.trim());
    show();
  });
  render(main, form);
  input.focus();
}

addEventListener("hashchange", () => {
  if (location.hash === "#main") {
    main.focus();
    return;
  }
  takeToken();
  show();
});
takeToken();
show({ focus: false });
