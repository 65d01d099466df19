// Runs before the first paint, so that the chosen colours are there from the start.
try {
  const chosen = localStorage.getItem("console.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // The browser denies the page its storage: the system's colours hold.
}
