// The theme, set before the first paint: what was chosen here, else what the system prefers.
"use strict";

(() => {
  const KEY = "onesource-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is switched off: follow the system
    }
  }

  function isDark() {
    const choice = chosen();
    return choice === "dark" || (choice !== "light" && system.matches);
  }

  function apply() {
    const dark = isDark();
    document.documentElement.classList.toggle("dark", dark);
    document.getElementById("theme")?.setAttribute("aria-pressed", String(dark));
  }

  function toggle() {
    const dark = !document.documentElement.classList.contains("dark");
    try {
      localStorage.setItem(KEY, dark ? "dark" : "light");
      apply();
    } catch {
      document.documentElement.classList.toggle("dark", dark);
      document.getElementById("theme")?.setAttribute("aria-pressed", String(dark));
    }
  }

  apply();
  system.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", toggle);
  });
})();
