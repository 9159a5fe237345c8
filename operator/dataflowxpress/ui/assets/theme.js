// Theme: light, dark or as the system; runs before the first paint, so that nothing flashes.
"use strict";

const THEMES = ["system", "light", "dark"];
const KEY = "dataflowxpress.theme";

function storedTheme() {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.includes(found) ? found : "system";
  } catch {
    return "system"; // the browser blocks storage
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice lasts until the page is closed.
  }
}

document.documentElement.dataset.theme = storedTheme();

addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const label = () => {
    button.textContent = `Theme: ${document.documentElement.dataset.theme}`;
  };
  button.addEventListener("click", () => {
    const next = THEMES.indexOf(document.documentElement.dataset.theme) + 1;
    setTheme(THEMES[next % THEMES.length]);
    label();
  });
  label();
});
