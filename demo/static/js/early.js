// Runs before the first paint: the light that the visitor chose, so that no page flashes in the other one.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden: the system's setting stays.
  }
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
})();
